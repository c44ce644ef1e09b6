"""The kernel to compile for, for a kernel that is booted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.kernel.load import bundled_kernels, load_kernel
from tests.kernels.lab.capture import captured_folder

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel
    from tests.kernels.lab.fetch import KernelFiles


def target_name(kernel: KernelFiles) -> str:
    """What to tell `--kernel` for `kernel`; raises `LabError`.

    The bundled kernel if it is this very build; else what the booted kernel tells of itself, because Debian's kernel
    moves on and the offsets of one build are not those of another.
    """
    bundled = kernel.name in bundled_kernels()
    if bundled and load_kernel(kernel.name).title.endswith(f" {kernel.release}"):
        return kernel.name
    return str(captured_folder(kernel))


def target_kernel(kernel: KernelFiles) -> Kernel:
    """The facts to compile by for `kernel`; raises `LabError`."""
    return load_kernel(target_name(kernel))
