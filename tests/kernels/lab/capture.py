"""What a booted kernel tells of itself: all that `--kernel` reads of a folder laid out like `/`."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.kernels.lab.boot import Job, run_job
from tests.kernels.lab.fetch import KernelFiles, LabError, cache_dir, locked

_FORMATS = "formats"
_CAPTURE = f"""\
set -e
for module in $MODULES; do insmod ./$module; done
mkdir -p /tmp/root
cd /tmp/root
for file in /sys/kernel/btf/* /sys/kernel/tracing/README /sys/kernel/tracing/available_filter_functions \\
        /sys/kernel/tracing/available_events /sys/kernel/debug/kprobes/blacklist /proc/kallsyms /proc/version; do
    mkdir -p ".${{file%/*}}"
    cat "$file" >".$file"
done
cd /sys/kernel/tracing
grep -H '' events/*/*/format >/tmp/root/{_FORMATS}
cd /tmp/root
tar cf - *
"""


def capture(kernel: KernelFiles, modules: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of a booted `kernel` by their path, without a leading slash; raises `LabError`.

    `modules` are loaded first, in this order.
    """
    modules = modules or {}
    script = f"MODULES='{' '.join(modules)}'\n{_CAPTURE}"
    outcome = run_job(kernel, Job(script, dict(modules), seconds=300))
    if outcome.status != 0:
        raise LabError(f"capture of {kernel.release} failed: {outcome.output[-300:]}")
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(outcome.data)) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None:
                files[member.name] = stream.read()
    for line in files.pop(_FORMATS).splitlines(keepends=True):
        name, _, text = line.partition(b":")
        path = f"sys/kernel/tracing/{name.decode()}"
        files[path] = files.get(path, b"") + text
    return files


def write_files(root: Path, files: dict[str, bytes]) -> None:
    """Lays out captured files below `root`."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def captured_folder(kernel: KernelFiles, modules: Mapping[str, bytes] | None = None) -> Path:
    """A folder with what `kernel` tells of itself, from the cache or by a boot; raises `LabError`.

    `modules` are loaded then.
    """
    name = "_".join([kernel.release, kernel.package_version, *sorted(modules or ())])
    folder = cache_dir() / "captured" / name
    with locked(cache_dir() / f"captured-{kernel.name}.lock"):
        if not folder.is_dir():
            folder.parent.mkdir(exist_ok=True)
            half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".tmp-"))
            try:
                write_files(half, capture(kernel, modules))
                half.rename(folder)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise
    return folder


def folder_with_modules(kernel: KernelFiles) -> Path:
    """What `kernel` tells of itself, none of whose modules is loaded, with their files where a system has them."""
    folder = captured_folder(kernel)
    link = folder / "lib/modules" / kernel.release
    with locked(cache_dir() / f"captured-{kernel.name}.lock"):
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.resolve() != kernel.modules.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(kernel.modules)
    return folder
