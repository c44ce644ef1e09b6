"""Fetches the kernels the lab boots, with the machine's own apt and nothing installed.

Where Debian's packages come from is read from the machine's apt configuration: the first Debian
entry of its sources, with only the name of the suite swapped. `PROBELANG_LAB_MIRROR` names another
place for machines that have no such entry. Each suite gets an apt state of its own in the cache
folder, so the system's package lists stay as they are.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUITES = {
    "6.1": "bookworm",
    "6.12": "trixie",
    "7.2": "sid",
    "7.3": "trixie-backports",
}
"""The kernels the lab knows, and the Debian suite that carries each."""

KERNELS = ("6.1", "6.12", "7.2", "7.3")
"""The kernels the suite boots."""

_DEBIAN_SUITE = re.compile(
    r"(oldoldstable|oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)(-backports|-updates)?"
)
_APT_TIMEOUT = 600.0


class LabError(Exception):
    """The lab cannot do what was asked, in one line: a tool, a package or a network that is not there."""


@dataclass(frozen=True)
class Source:
    """One Debian entry of an apt configuration."""

    uri: str
    suite: str
    options: str  # as in a one-line entry: "[signed-by=...] ", or empty


@dataclass(frozen=True)
class KernelFiles:
    """An unpacked kernel package."""

    name: str  # "6.12"
    release: str  # `uname -r` of it
    package_version: str
    root: Path  # laid out like `/`: boot/vmlinuz-…, lib/modules/…

    @property
    def vmlinuz(self) -> Path:
        found = [self.root / "boot" / f"vmlinuz-{self.release}", self.modules / "vmlinuz"]
        return next((path for path in found if path.is_file()), found[0])

    @property
    def modules(self) -> Path:
        found = [self.root / prefix / "lib/modules" / self.release for prefix in ("usr", "")]
        return next((path for path in found if path.is_dir()), found[0])


def cache_dir() -> Path:
    """`$PROBELANG_LAB_CACHE`, or `probelang-lab` in the user's cache folder."""
    given = os.environ.get("PROBELANG_LAB_CACHE")
    path = Path(given) if given else Path.home() / ".cache" / "probelang-lab"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on the file `path` (made where it is missing)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fetch_kernel(name: str) -> KernelFiles:
    """The kernel called `name` ("6.12"), from the cache or from Debian; raises `LabError`."""
    if name not in SUITES:
        raise LabError(f"the lab knows no kernel `{name}`, only {', '.join(SUITES)}")
    final = cache_dir() / "kernels" / name
    with locked(cache_dir() / f"kernel-{name}.lock"):
        if not (final / "package").is_file():
            apt = Apt(SUITES[name])
            apt.unpack(_kernel_packages(apt, _newest_kernel(apt, name)), final)
        package, version = (final / "package").read_text().split()
    kernel = KernelFiles(name, package.removeprefix("linux-image-"), version, final / "root")
    if not kernel.vmlinuz.is_file():
        raise LabError(f"{package} {version} brought no {kernel.vmlinuz}; remove {final} to fetch it anew")
    return kernel


def fetch_debug(kernel: KernelFiles) -> Path:
    """The `vmlinux` with debugging information of a fetched kernel, out of the package of that very build; raises `LabError`.

    The package has hundreds of megabytes, most of them of modules: no more than this file is unpacked.
    """
    final = cache_dir() / "debug" / kernel.name
    image = final / "vmlinux"
    package = f"linux-image-{kernel.release}-dbg"
    wanted = f"{package} {kernel.package_version}\n"
    with locked(cache_dir() / f"debug-{kernel.name}.lock"):
        known = final / "package"
        if not known.is_file() or known.read_text() != wanted:
            Apt(SUITES[kernel.name]).unpack_image(package, kernel.package_version, final)
            known.write_text(wanted)
    if not image.is_file():
        raise LabError(f"{package} brought no {image}; remove {final} to fetch it anew")
    return image


def fetch_busybox() -> Path:
    """A static x86-64 busybox; raises `LabError`."""
    final = cache_dir() / "busybox"
    with locked(cache_dir() / "busybox.lock"):
        if not (final / "package").is_file():
            Apt("trixie").unpack(["busybox-static"], final)
    found = [final / "root" / place for place in ("usr/bin/busybox", "bin/busybox")]
    for path in found:
        if path.is_file():
            return path
    raise LabError(f"busybox-static has no {found[0]}")


def _newest_kernel(apt: Apt, name: str) -> str:
    wanted = re.compile(rf"linux-image-{re.escape(name)}[.+~-][^ ]*-cloud-amd64")
    names = [line for line in apt.run("apt-cache", "pkgnames", f"linux-image-{name}").split() if line]
    fitting = [line for line in names if wanted.fullmatch(line)]
    if not fitting:
        raise LabError(f"{apt.suite} has no cloud kernel {name} (any more)")
    return max(fitting, key=lambda package: [int(part) for part in re.findall(r"\d+", package)])


def _kernel_packages(apt: Apt, image: str) -> list[str]:
    """`image` and the packages of the same build that it is split into (since Linux 7.x of Debian)."""
    release = image.removeprefix("linux-image-")
    depends = apt.run("apt-cache", "depends", "--important", image).split()
    return [
        image,
        *sorted(
            {word for word in depends if word.startswith("linux-") and word.endswith("-" + release)} - {image}
        ),
    ]


class Apt:
    """apt for one suite, with lists, status and cache of its own; made ready by the constructor."""

    def __init__(self, suite: str) -> None:
        self.suite = suite
        self.root = cache_dir() / "apt" / suite
        for tool in ("apt-get", "apt-cache", "dpkg"):
            if shutil.which(tool) is None:
                raise LabError(f"no `{tool}` on this machine to fetch kernels with")
        with locked(self.root / "lock"):
            self._prepare()

    def _prepare(self) -> None:
        source = find_source()
        entry = f"deb {source.options}{source.uri} {self.suite} main\n"
        for folder in ("lists/partial", "cache/archives/partial"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text(entry)
        self.run("apt-get", "update")

    def run(self, tool: str, *arguments: str, cwd: Path | None = None) -> str:
        """Runs an apt tool on this state and gives its output; raises `LabError`."""
        options = {
            "Dir::Etc::SourceList": self.root / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": self.root,
            "Dir::State::Lists": self.root / "lists",
            "Dir::State::status": self.root / "status",
            "Dir::Cache": self.root / "cache",
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        command = [tool, "-q", *(f"-o{key}={value}" for key, value in options.items()), *arguments]
        return _run(command, cwd)

    def unpack(self, packages: list[str], final: Path) -> None:
        """Downloads and unpacks `packages` to `final`/root; `final` appears whole or not at all."""
        final.parent.mkdir(parents=True, exist_ok=True)
        with (
            locked(self.root / "lock"),
            tempfile.TemporaryDirectory(dir=final.parent, prefix=".tmp-") as made,
        ):
            work = Path(made)
            self.run("apt-get", "download", *packages, cwd=work)
            for archive in sorted(work.glob("*.deb")):
                _run(["dpkg", "-x", str(archive), str(work / "root")])
            version = _run(["dpkg-deb", "-f", str(next(iter(work.glob(f"{packages[0]}_*.deb")))), "Version"])
            for archive in work.glob("*.deb"):
                archive.unlink()
            (work / "package").write_text(f"{packages[0]} {version.strip()}\n")
            if final.exists():
                shutil.rmtree(final)
            work.rename(final)
            work.mkdir()  # so that the context manager has something to remove

    def unpack_image(self, package: str, version: str, final: Path) -> None:
        """Downloads a package of debugging information and unpacks its `vmlinux` to `final`."""
        final.parent.mkdir(parents=True, exist_ok=True)
        with (
            locked(self.root / "lock"),
            tempfile.TemporaryDirectory(dir=final.parent, prefix=".tmp-") as made,
        ):
            work = Path(made)
            self.run("apt-get", "download", f"{package}={version}", cwd=work)
            (archive,) = work.glob("*.deb")
            _unpack_image(archive, work / "vmlinux")
            if final.exists():
                shutil.rmtree(final)
            final.mkdir()
            (work / "vmlinux").rename(final / "vmlinux")


def _unpack_image(archive: Path, image: Path) -> None:
    """The first `vmlinux` or `vmlinux-…` in a package; what is behind it is not unpacked."""
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacker:
        try:
            with tarfile.open(fileobj=unpacker.stdout, mode="r|") as members:
                for member in members:
                    name = member.name.rsplit("/", 1)[-1]
                    source = members.extractfile(member) if member.isreg() else None
                    if source is not None and (name == "vmlinux" or name.startswith("vmlinux-")):
                        with image.open("wb") as out:
                            shutil.copyfileobj(source, out, 1 << 20)
                        return
        except tarfile.TarError as error:
            raise LabError(f"{archive.name}: {error}") from error
        finally:
            unpacker.kill()
    raise LabError(f"{archive.name} has no vmlinux")


def find_source() -> Source:
    """The Debian entry of this machine's apt configuration to fetch from; raises `LabError`."""
    mirror = os.environ.get("PROBELANG_LAB_MIRROR")
    if mirror:
        return Source(mirror, "", "")
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        try:
            text = Path(path).read_text(errors="replace")
        except OSError:
            continue
        found: list[Source] = []
        if path.endswith(".sources"):
            found = parse_deb822(text)
        elif path.endswith(".list"):
            found = parse_one_line(text)
        for source in found:
            if _DEBIAN_SUITE.fullmatch(source.suite):
                return source
    raise LabError("apt on this machine has no Debian source; name a mirror in PROBELANG_LAB_MIRROR")


def parse_one_line(text: str) -> list[Source]:
    """The `deb` entries of a sources.list."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
        if match and "main" in match[4].partition("#")[0].split():
            found.append(Source(match[2], match[3], match[1] or ""))
    return found


def parse_deb822(text: str) -> list[Source]:
    """The `deb` entries of a .sources file; a key within the file itself (not a path) is left out."""
    found = []
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line[:1] in " \t":
                fields[key] = fields.get(key, "") + " " + line.strip()
            else:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        signed = fields.get("signed-by", "")
        options = f"[signed-by={signed}] " if signed.startswith("/") else ""
        if "main" in fields.get("components", "").split():
            uris = fields.get("uris", "").split()
            found += [
                Source(uri, suite, options) for uri in uris for suite in fields.get("suites", "").split()
            ]
    return found


def _run(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_APT_TIMEOUT,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[0]}: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise LabError(f"{command[0]} {command[-1]}: {lines[-1] if lines else f'exit {done.returncode}'}")
    return done.stdout
