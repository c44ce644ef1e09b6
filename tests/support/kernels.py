"""Kernels made by hand, for tests that need some facts and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.container import Container, write_container
from probelang.kernel.interface import Kernel
from probelang.kernel.sources import ContainerSources
from probelang.kernel.tables import build_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMON_FIELDS = (
    "unsigned short common_type;0;2;0",
    "unsigned char common_flags;2;1;0",
    "unsigned char common_preempt_count;3;1;0",
    "int common_pid;4;4;1",
)


def fake_kernel(
    btf: bytes | None = None,
    *,
    name: str = "fake",
    title: str = "a kernel made by hand",
    functions: Iterable[str] | None = None,
    symbols: Mapping[str, int] | None = None,
    variables: Mapping[str, int] | None = None,
    blacklist: Iterable[str] | None = None,
    events: Mapping[str, Iterable[str]] | None = None,
    readme: str | None = None,
    features: Mapping[str, bool | None] | None = None,
    modules: Mapping[str, bytes] | None = None,
    missing: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Kernel:
    """A kernel that knows just what is given here; everything left out is unknown.

    `functions`: traceable ones, `"vfs_read"` or `"xfs_file_read\\txfs"`. `symbols` and `variables`: how many symbols
    bear a name. `events`: `{"sched:sched_switch": ["char prev_comm[16];8;16;0", "pid_t prev_pid;24;4;1"]}` (C
    declaration; offset; size; signed), the four common fields are put before. `features` overrules what BTF and
    README say. `missing`: why a section (`functions`, `events` …) is unknown.
    """
    sections: dict[str, bytes] = {}
    if btf is not None:
        sections["btf"] = btf
    for module, blob in (modules or {}).items():
        sections[f"btf:{module}"] = blob
    if functions is not None:
        sections["functions"] = build_table(functions)
    for section, counts in (("symbols.text", symbols), ("symbols.data", variables)):
        if counts is not None:
            sections[section] = build_table(f"{symbol}\t{count}\t" for symbol, count in counts.items())
    if blacklist is not None:
        sections["blacklist"] = build_table(blacklist)
    if events is not None:
        lines = [key + "\t" + "\t".join((*COMMON_FIELDS, *fields)) for key, fields in events.items()]
        sections["events"] = build_table(lines)
    if readme is not None:
        sections["readme"] = readme.encode()
    if missing is not None:
        sections["missing"] = build_table(f"{section}\t{reason}" for section, reason in missing.items())
    kernel = Kernel(name, title, ContainerSources(Container(write_container(sections))), notes)
    for feature, value in (features or {}).items():
        setattr(kernel.features, feature, value)
    return kernel
