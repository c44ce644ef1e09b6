"""Boots Debian's kernels and captures what the bundled kernels are made of.

    python scripts/capture_kernels.py [--raw FOLDER] [KERNEL...]

With `--raw`, what was captured of each kernel is laid out like `/` under FOLDER/KERNEL/root (what
`--kernel FOLDER/KERNEL/root` reads), with `vmlinuz` and `vmlinux.btf` beside it.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.kernels.lab.boot import Job, run_job
from tests.kernels.lab.fetch import KERNELS, KernelFiles, LabError, fetch_kernel

_FORMATS = "formats"
_CAPTURE = f"""\
set -e
mkdir -p /tmp/root
cd /tmp/root
for file in /sys/kernel/btf/vmlinux /sys/kernel/tracing/README /sys/kernel/tracing/available_filter_functions \\
        /sys/kernel/tracing/available_events /sys/kernel/debug/kprobes/blacklist /proc/kallsyms /proc/version; do
    mkdir -p ".${{file%/*}}"
    cat "$file" >".$file"
done
cd /sys/kernel/tracing
grep -H '' events/*/*/format >/tmp/root/{_FORMATS}
cd /tmp/root
tar cf - *
"""


def capture(kernel: KernelFiles) -> dict[str, bytes]:
    """What a booted `kernel` tells of itself: the files by their path (no leading slash)."""
    outcome = run_job(kernel, Job(_CAPTURE, seconds=300))
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


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kernels", nargs="*", default=list(KERNELS), metavar="KERNEL")
    parser.add_argument("--raw", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    try:
        for name in options.kernels:
            kernel = fetch_kernel(name)
            files = capture(kernel)
            print(
                f"{name}: {kernel.release}, {len(files)} files, {sum(map(len, files.values())):,} bytes",
                flush=True,
            )
            if options.raw:
                write_raw(options.raw / name, kernel, files)
    except LabError as error:
        print(f"capture_kernels: {error}", file=sys.stderr)
        return 1
    return 0


def write_raw(folder: Path, kernel: KernelFiles, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        target = folder / "root" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (folder / "vmlinuz").write_bytes(kernel.vmlinuz.read_bytes())
    (folder / "vmlinux.btf").write_bytes(files["sys/kernel/btf/vmlinux"])


if __name__ == "__main__":
    sys.exit(main())
