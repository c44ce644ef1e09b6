"""Boots a kernel under QEMU (no KVM needed) and runs jobs in it, several in one boot.

A job is a shell script with files beside it. The guest reports each job on its own, so a job that hangs is
killed after its time, and a job that takes the kernel down is reported with the console's last
words while those after it run in another boot.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernels.lab.fetch import KernelFiles, LabError, cache_dir, fetch_busybox
from tests.kernels.lab.initrd import base_archive, job_archive
from tests.kernels.lab.programs import build_program
from tests.kernels.lab.tools import TOOLS_MEMORY, tools_archive

GUESTS_AT_ONCE = 2
"""Emulated guests are as fast as the cores under them; more at once than this only slows all."""

BOOT_SECONDS = 90.0
"""How long a guest may take to get ready before it is started again (2 to 4 seconds is normal)."""

STALL_SECONDS = 30.0
"""A guest that says nothing for so long after its job should have been killed hangs as a whole."""

BOOT_TRIES = 4
"""An emulated guest panics in about one boot of thirty before any job has begun."""

DEATHS = 2
"""A job whose guest died is run again, in a new guest: it takes two deaths to blame the job."""

_COMMAND_LINE = "console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable"


@dataclass(frozen=True)
class Job:
    """What to run in a guest: `script` by `/bin/sh` in a folder that holds `files`."""

    script: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    seconds: float = 30.0
    """Killed after so long."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job. `status` is its exit status, None where the guest died while it ran."""

    status: int | None
    data: bytes
    """What it wrote, standard error included."""
    console: str
    seconds: float = 0.0
    """How long it took, by the guest's clock."""

    @property
    def output(self) -> str:
        return self.data.decode(errors="surrogateescape")

    @property
    def timed_out(self) -> bool:
        return self.status == 128 + 9


@dataclass(frozen=True)
class Machine:
    """What the guest is like, beyond its kernel."""

    memory: int = 1024
    """MiB"""
    cores: int = 1
    options: tuple[str, ...] = ()
    """More options for QEMU."""
    command_line: str = ""
    """More for the kernel's command line."""
    tools: str = ""
    """A set of `tools.TOOLS` that the guest has, in `/usr/bin`. It takes more memory, and seconds to unpack. Of several, joined
    by `+`, the last one's libraries count, so that must be the newest."""

    @property
    def megabytes(self) -> int:
        return max(self.memory, TOOLS_MEMORY + 1024 * self.tools.count("+")) if self.tools else self.memory


def run_jobs(kernel: KernelFiles, jobs: Sequence[Job], machine: Machine | None = None) -> list[Outcome]:
    """Runs `jobs` one after the other in as few boots as it takes; raises `LabError` if no guest gets ready."""
    outcomes: list[Outcome] = []
    deaths = 0
    while len(outcomes) < len(jobs):
        rest = {f"{number:04}": job for number, job in enumerate(jobs) if number >= len(outcomes)}
        told = _boot(kernel, rest, machine or Machine())
        if told[-1].status is None:
            deaths = deaths + 1 if len(told) == 1 else 1
            if deaths < DEATHS:
                told.pop()
            else:
                deaths = 0
        outcomes += told
    return outcomes


def run_job(kernel: KernelFiles, job: Job, machine: Machine | None = None) -> Outcome:
    """Runs one job in a boot of its own."""
    return run_jobs(kernel, [job], machine)[0]


def _boot(kernel: KernelFiles, jobs: Mapping[str, Job], machine: Machine) -> list[Outcome]:
    """The outcomes of the jobs that began, in order: of all of them unless the guest died on the way."""
    console = ""
    with _guest_slot(), tempfile.TemporaryDirectory(prefix="probelang-lab-") as made:
        folder = Path(made)
        write_initrd(folder / "initrd", jobs, machine)
        for _ in range(BOOT_TRIES):
            _run_qemu(kernel, folder, machine, max(job.seconds for job in jobs.values()) + STALL_SECONDS)
            console = (folder / "console").read_text(errors="replace")
            outcomes = parse_report((folder / "out").read_text(errors="replace"), console)
            if outcomes:
                return outcomes
    last = " / ".join(line.strip() for line in console.splitlines() if line.strip())[-300:]
    raise LabError(
        f"Linux {kernel.release} did not boot in {BOOT_TRIES} tries: {last or 'nothing on its console'}"
    )


def qemu_command(kernel: KernelFiles, initrd: Path, machine: Machine) -> list[str]:
    """QEMU for a guest that has no serial lines yet; raises `LabError` where there is no QEMU."""
    qemu = shutil.which("qemu-system-x86_64")
    if qemu is None:
        raise LabError("no `qemu-system-x86_64` on this machine (package qemu-system-x86)")
    # emulated, a string instruction goes byte by byte: without ERMS the kernel clears and copies pages by words, in a sixth of the time
    command = [qemu, "-accel", "tcg", "-cpu", "max,-cx16,-erms"]
    command += ["-m", str(machine.megabytes), "-smp", str(machine.cores)]
    command += ["-nodefaults", "-display", "none", "-no-reboot"]
    command += ["-kernel", str(kernel.vmlinuz), "-initrd", str(initrd)]
    command += ["-append", f"{_COMMAND_LINE} {machine.command_line}".strip(), *machine.options]
    return command


def _run_qemu(kernel: KernelFiles, folder: Path, machine: Machine, patience: float) -> None:
    """One run of the guest, to its end or until it has said nothing for `patience` seconds."""
    for name in ("console", "out"):
        (folder / name).write_bytes(b"")
    command = qemu_command(kernel, folder / "initrd", machine)
    command += ["-serial", f"file:{folder}/console", "-serial", f"file:{folder}/out"]
    heard, said = time.monotonic(), 0
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as guest:
        try:
            while guest.poll() is None:
                time.sleep(0.05)
                size = (folder / "out").stat().st_size
                if size != said:
                    heard, said = time.monotonic(), size
                if time.monotonic() - heard > (patience if said else BOOT_SECONDS):
                    break
        finally:
            if guest.poll() is None:
                guest.kill()
            _, complaint = guest.communicate()
    if guest.returncode not in (0, -9):
        raise LabError(f"QEMU: {complaint.decode(errors='replace').strip()[:300]}")


def write_initrd(path: Path, jobs: Mapping[str, Job], machine: Machine) -> None:
    """The initial RAM disk of a guest with these jobs by name; one called `shell` takes the place of all."""
    files: dict[str, bytes] = {}
    for name, job in jobs.items():
        place = f"lab/jobs/{name}"
        files[f"{place}/run"] = job.script.encode()
        files[f"{place}/.seconds"] = b"%d" % max(1, round(job.seconds))
        files.update({f"{place}/{file}": data for file, data in job.files.items()})
    if any("guest.sh" in job.files for job in jobs.values()):
        files["bin/take-stock"] = build_program("take_stock")
    with path.open("wb") as initrd:
        initrd.write(base_archive(fetch_busybox()))
        for name in filter(None, machine.tools.split("+")):
            with tools_archive(name).open("rb") as tools:
                shutil.copyfileobj(tools, initrd, 1 << 20)
        initrd.write(job_archive(files))


def parse_report(report: str, console: str) -> list[Outcome]:
    """The outcomes told on the guest's second serial line; the last is without a status if it was cut short."""
    outcomes: list[Outcome] = []
    for part in re.split(r"^%%begin ", report.replace("\r", ""), flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        match = re.search(
            rf"^%%end {re.escape(head)} (\d+) ([\d.]+) ([\d.]+) ([0-9a-f]{{64}})$", body, re.MULTILINE
        )
        if match is None:
            return [*outcomes, Outcome(None, b"", console)]
        data = gzip.decompress(base64.b64decode(body[: match.start()]))
        if hashlib.sha256(data).hexdigest() != match[4]:
            raise LabError("the guest's output was garbled on its way out")
        outcomes.append(Outcome(int(match[1]), data, console, float(match[3]) - float(match[2])))
    return outcomes


@contextlib.contextmanager
def _guest_slot() -> Iterator[None]:
    """Waits until fewer than `GUESTS_AT_ONCE` guests run, of all processes that share the cache folder."""
    slots = [cache_dir() / f"guest-{number}.lock" for number in range(GUESTS_AT_ONCE)]
    handles = [slot.open("a") for slot in slots]
    try:
        began: float | None = time.monotonic()
        while not any(_try_lock(handle.fileno()) for handle in handles):
            if began is not None and time.monotonic() - began > 3:
                print(f"lab: waits until one of the {len(slots)} guests that run ends", file=sys.stderr)
                began = None
            time.sleep(0.2)
        yield
    finally:
        for handle in handles:
            handle.close()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
