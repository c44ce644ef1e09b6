"""Boots Debian's kernels and makes the kernels that come with probelang out of what they tell.

    python scripts/capture_kernels.py [--raw FOLDER] [--check] [KERNEL...]

Writes `probelang/kernel/data/KERNEL.kernel` and says what changed. The same kernel gives the same bytes. With
`--raw`, what was captured is laid out like `/` under FOLDER/KERNEL/root too (what `--kernel FOLDER/KERNEL/root`
reads), with `vmlinuz` and `vmlinux.btf` beside it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from probelang.container import Container, ContainerError
from probelang.kernel.folder import FolderTree, TreeSources
from probelang.kernel.load import bundled_kernels
from probelang.kernel.snapshot import build_snapshot
from tests.kernels.lab.capture import capture, write_files
from tests.kernels.lab.fetch import KernelFiles, LabError, fetch_kernel

DATA = Path(__file__).resolve().parent.parent / "probelang" / "kernel" / "data"


def build_container(files: dict[str, bytes]) -> bytes:
    """The bundled form of what was captured."""
    with tempfile.TemporaryDirectory() as made:
        write_files(Path(made), files)
        return build_snapshot(TreeSources(FolderTree(made)), bundled=True)


def describe_change(old: bytes, new: bytes) -> list[str]:
    """What is different in two containers, section by section."""
    try:
        before = Container(old)
    except ContainerError as error:
        return [f"the old file cannot be read: {error}"]
    after = Container(new)
    changes = []
    for name in dict.fromkeys([*before.names, *after.names]):
        one, two = before.section(name), after.section(name)
        if one is None or two is None:
            changes.append(f"{name}: {'new' if one is None else 'gone'}")
        elif one != two:
            if name in ("btf", "btf.index"):
                changes.append(f"{name}: {len(one):,} bytes, now {len(two):,}")
                continue
            lines, others = (set(bytes(view).decode(errors="replace").splitlines()) for view in (one, two))
            for sign, odd in (("-", lines - others), ("+", others - lines)):
                shown = ", ".join(line.expandtabs(1)[:60] for line in sorted(odd)[:3])
                changes += (
                    [f"{name}: {sign}{len(odd)} lines ({shown}{', …' if len(odd) > 3 else ''})"]
                    if odd
                    else []
                )
    return changes


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kernels", nargs="*", default=bundled_kernels(), metavar="KERNEL")
    parser.add_argument("--raw", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a bundled kernel would change"
    )
    options = parser.parse_args()
    changed = False
    os.environ["PROBELANG_CACHE_DIR"] = os.devnull  # what is read here is not worth keeping
    try:
        for name in options.kernels:
            kernel = fetch_kernel(name)
            files = capture(kernel)
            if options.raw:
                write_raw(options.raw / name, kernel, files)
            path = DATA / f"{name}.kernel"
            old, new = path.read_bytes() if path.exists() else None, build_container(files)
            changed |= old != new
            changes = ["new"] if old is None else describe_change(old, new) if old != new else ["unchanged"]
            print(f"{path.name}: Debian {kernel.package_version}, {len(new):,} bytes", flush=True)
            for change in changes:
                print(f"  {change}", flush=True)
            if old != new and not options.check:
                DATA.mkdir(exist_ok=True)
                half = path.with_suffix(".half")
                half.write_bytes(new)
                half.rename(path)
    except LabError as error:
        print(f"capture_kernels: {error}", file=sys.stderr)
        return 2
    return 1 if options.check and changed else 0


def write_raw(folder: Path, kernel: KernelFiles, files: dict[str, bytes]) -> None:
    write_files(folder / "root", files)
    (folder / "vmlinuz").write_bytes(kernel.vmlinuz.read_bytes())
    (folder / "vmlinux.btf").write_bytes(files["sys/kernel/btf/vmlinux"])


if __name__ == "__main__":
    sys.exit(main())
