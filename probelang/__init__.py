"""probelang: one small language for every way to probe a Linux kernel.

For programs: `compile`, `lint`, `format` and `load_kernel`, and what they answer with (`docs/api.md`).
"""

from __future__ import annotations

#: As in `typing`, which takes as long to import as all that stands here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from probelang.answers import KernelError as KernelError
    from probelang.api import Compiled as Compiled
    from probelang.api import Diagnostic as Diagnostic
    from probelang.api import Edit as Edit
    from probelang.api import Event as Event
    from probelang.api import Field as Field
    from probelang.api import Fix as Fix
    from probelang.api import SpecError as SpecError
    from probelang.api import bundled_kernels as bundled_kernels
    from probelang.api import compile as compile
    from probelang.api import format as format
    from probelang.api import lint as lint
    from probelang.api import load_kernel as load_kernel
    from probelang.config import ConfigError as ConfigError
    from probelang.kernel.interface import Kernel as Kernel

__version__ = "0.1.0"

#: Where each name of the public functions is: imported when it is used, for the command line needs none of them.
_PUBLIC = {
    **dict.fromkeys(("compile", "lint", "format", "load_kernel", "bundled_kernels"), "probelang.api"),
    **dict.fromkeys(
        ("Compiled", "Diagnostic", "Edit", "Event", "Field", "Fix", "SpecError"), "probelang.api"
    ),
    "Kernel": "probelang.kernel.interface",
    "KernelError": "probelang.answers",
    "ConfigError": "probelang.config",
}
__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 - all of them are strings


if not TYPE_CHECKING:  # to which a module that has this has every name

    def __getattr__(name: str) -> object:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'probelang' has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
