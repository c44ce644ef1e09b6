"""From what the user says (`--kernel K`) to a `Kernel`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.container import MAGIC, Container, ContainerError
from probelang.kernel.identity import BUNDLED_FOLDER, SUFFIX, file_identity
from probelang.kernel.interface import Kernel
from probelang.kernel.sources import ContainerSources

if TYPE_CHECKING:
    from probelang.kernel.sources import Sources

RUNNING = "running"
MAX_SNAPSHOT = 1 << 30


def bundled_kernels() -> list[str]:
    """The names of the kernels that come with probelang, the oldest first."""
    try:
        names = [name.removesuffix(SUFFIX) for name in os.listdir(BUNDLED_FOLDER) if name.endswith(SUFFIX)]
    except OSError:
        return []
    return sorted(names, key=lambda name: [int(part) if part.isdecimal() else 0 for part in name.split(".")])


def load_kernel(spec: str | None) -> Kernel:
    """The kernel that `--kernel SPEC` means; None is the running one. Raises KernelError, one line, if there is none."""
    kernel = _find_kernel(spec)
    try:
        kernel.btf  # noqa: B018 - damage shows here, once, and not in the middle of somebody's questions
    except KernelError as error:
        message = str(error)
        raise KernelError(message if kernel.name in message else f"{kernel.name}: {message}") from None
    return kernel


def _find_kernel(spec: str | None) -> Kernel:
    if spec is None or spec == RUNNING:
        return _load_running()
    if "/" not in spec and spec + SUFFIX in _bundled_files():
        return _load_bundled(spec)
    if os.path.isdir(spec):
        return _load_folder(spec)
    if os.path.exists(spec):
        return _load_file(spec)
    raise KernelError(_no_such_kernel(spec))


def _bundled_files() -> set[str]:
    return {name + SUFFIX for name in bundled_kernels()}


def _no_such_kernel(spec: str) -> str:
    if "/" in spec or os.sep in spec:
        return f"{spec}: no such file or folder"
    known = ", ".join(bundled_kernels()) or "none"
    shown = spec if len(spec) <= 80 else spec[:80] + "…"
    return (
        f'no kernel called "{shown}" comes with probelang; there are {known}; or give `running`, or a path to '
        "a BTF file, a kernel image, a snapshot, or a folder or tar laid out like /"
    )


def _load_running() -> Kernel:
    import sys

    if sys.platform != "linux":
        return _instead_of_running("this machine does not run Linux")
    from probelang.kernel import live

    sources = live.running_sources()
    if sources.section("btf") is None:
        return _instead_of_running("the running kernel has no BTF (/sys/kernel/btf/vmlinux)")
    return Kernel(RUNNING, f"Linux {live.running_release()}", sources)


def _instead_of_running(reason: str) -> Kernel:
    names = bundled_kernels()
    if not names:
        raise KernelError(f"{reason}, and no kernel comes with this probelang")
    kernel = _load_bundled(names[-1])
    note = f"{reason}; {kernel.title}, which comes with probelang, is taken in its place"
    return Kernel(kernel.name, kernel.title, kernel.sources, (note,))


def _load_bundled(name: str) -> Kernel:
    from probelang import cache

    path = os.path.join(BUNDLED_FOLDER, name + SUFFIX)
    packed = _open_container(path, trusted=True)
    origin = f"{file_identity(path)}|{packed.checksum:08x}|bundled"
    entry = cache.open_entry(origin)
    if entry is None and cache.can_store():
        sections = {name: data for name in ("btf",) if (data := packed.section(name)) is not None}
        cache.store_entry(origin, sections)
    sources = ContainerSources(entry, packed) if entry is not None else ContainerSources(packed)
    return Kernel(name, _title(sources, f"Linux {name}"), sources)


def _open_container(path: str, *, trusted: bool = False) -> Container:
    import mmap

    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_SNAPSHOT:
                raise KernelError(f"{path}: too large for a kernel snapshot")
            if trusted:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            else:
                data = memoryview(file.read(size))
        return Container(data, trusted=trusted, name=path)
    except ContainerError as error:
        raise KernelError(f"{path}: {error}") from None
    except (OSError, ValueError) as error:
        raise KernelError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _open_snapshot(path: str) -> Container:
    """A snapshot; what it holds is kept unpacked in the user's cache, so that the next run only maps it."""
    from probelang import cache

    origin = f"{file_identity(path)}|snapshot"
    entry = cache.open_entry(origin)
    if entry is not None:
        return entry
    container = _open_container(path)
    if cache.can_store():
        try:
            sections = {name: container.section(name) or b"" for name in container.names}
        except ContainerError:
            # said to whom asks for that section
            return container
        cache.store_entry(origin, sections)
    return container


def _title(sources: Sources, otherwise: str) -> str:
    from probelang.kernel.tracefs import kernel_release

    banner = sources.section("version")
    release = kernel_release(bytes(banner[:512]).decode("utf-8", "replace")) if banner is not None else None
    return f"Linux {release}" if release else otherwise


def _load_folder(path: str) -> Kernel:
    from probelang.kernel.folder import FolderTree, TreeSources

    return _load_tree(path, TreeSources(FolderTree(path)), "folder")


def _load_tree(path: str, sources: Sources, kind: str) -> Kernel:
    if not _has_facts(sources):
        raise KernelError(
            f"{path}: a {kind} without facts about a kernel "
            "(none of sys/kernel/btf/vmlinux, sys/kernel/tracing/*, proc/kallsyms, proc/version, boot/vmlinux-*)"
        )
    name = os.path.basename(os.path.abspath(path))
    return Kernel(path, _title(sources, f"the kernel of {name}"), sources)


def _has_facts(sources: Sources) -> bool:
    return (
        any(sources.section(name) is not None for name in ("btf", "readme", "version"))
        or sources.event_names() is not None
        or any(sources.table(name) is not None for name in ("functions", "symbols.text"))
    )


def _load_file(path: str) -> Kernel:
    head = _read_head(path)
    if head.startswith(MAGIC):
        sources = ContainerSources(_open_snapshot(path))
        return Kernel(path, _title(sources, f"the kernel of {os.path.basename(path)}"), sources)
    from probelang.kernel.archive import TarTree, is_archive

    if is_archive(path, head):
        from probelang.kernel.folder import TreeSources

        return _load_tree(path, TreeSources(TarTree(path)), "tar archive")
    from probelang.kernel.image import ImageSources

    image = ImageSources(path, head)
    return Kernel(path, _title(image, f"BTF of {os.path.basename(path)}"), image)


def _read_head(path: str) -> bytes:
    import stat

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise KernelError(f"{path}: neither a file nor a folder")
        with open(path, "rb") as file:
            return file.read(4096)
    except (OSError, ValueError) as error:
        raise KernelError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
