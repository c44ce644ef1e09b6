"""What `probelang kernel show` prints: what a kernel can do, what is known of it, and what is not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.btf.types import BtfError
from probelang.kernel.features import FEATURES
from probelang.render.text import printable

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel

GROUPS = (
    (
        "kinds of probe",
        (
            "kprobe", "fprobe", "tprobe", "module_tracepoints", "shared_tracepoints", "eprobe", "uprobe", "watchpoint",
        ),
    ),
    (
        "what probes can name and record",
        (
            "param_names", "meta_args", "member_names", "retval_type", "entry_data", "eprobe_typecast", "typecast",
            "current", "percpu", "immediates", "user_memory", "char_type", "symstr", "dentry_names", "string_check",
            "long_args", "file_offsets",
        ),
    ),
    ("limits that other kernels do not have", ("nesting_limit", "fprobe_maxactive")),
    ("besides", ("eprobe_filter", "eprobe_pointers", "multi_probe", "dup_symbol_check", "notrace_check", "synthetic", "hist_triggers", "hist_buckets")),
)  # fmt: skip
_FACTS = (
    ("btf", "types and parameters"),
    ("functions", "functions that fprobes can reach"),
    ("blacklist", "functions forbidden to kprobes"),
    ("symbols.text", "symbols of functions"),
    ("symbols.data", "symbols of variables"),
    ("events", "fields of trace events, exactly"),
    ("readme", "the README of its tracefs"),
)


def render_kernel(kernel: Kernel) -> str:
    """The text of `probelang kernel show`, with a newline at the end. Raises KernelError if the kernel's BTF is damaged."""
    name = "" if kernel.name in kernel.title else f" ({kernel.name})"
    lines = [kernel.title + name]
    lines += [f"note: {note}" for note in kernel.notes]
    for title, names in GROUPS:
        lines += ["", title]
        lines += [_feature_line(kernel, feature) for feature in names]
    lines += ["", "known"]
    try:
        known = _counts(kernel)
    except BtfError as error:
        raise KernelError(f"the BTF of {kernel.name} is damaged: {error}") from None
    lines += [f"  {text}" for text in known] if known else ["  nothing"]
    unknown = [(title, kernel.why_missing(name)) for name, title in _FACTS if not _has(kernel, name)]
    if unknown:
        lines += ["", "not known"]
        lines += [f"  {title}: {reason}" for title, reason in unknown]
    return "".join(f"{printable(line)}\n" for line in lines)


def _feature_line(kernel: Kernel, name: str) -> str:
    feature = FEATURES[name]
    answer = kernel.features.get(name)
    if answer:
        return f"  yes  {feature.title}"
    needs = f" ({feature.needs})" if feature.needs else ""
    return f"  {'?  ' if answer is None else 'no '}  {feature.title}{needs}"


def _has(kernel: Kernel, name: str) -> bool:
    if name == "btf":
        return kernel.btf is not None
    if name == "readme":
        return kernel.sources.section(name) is not None
    if name == "events":
        return kernel.sources.event_names() is not None
    return kernel.table(name) is not None


def _counts(kernel: Kernel) -> list[str]:
    from probelang.btf.names import Space
    from probelang.kernel.events import tracepoint_names

    lines = []
    btf = kernel.btf
    if btf is not None:
        functions = sum(1 for _ in btf.names(Space.FUNC))
        lines.append(
            f"{_count(len(btf) - 1, 'type')} and {_count(functions, 'function')} with parameters (BTF)"
        )
        lines.append(_count(len(tracepoint_names(kernel)), "raw tracepoint"))
    for name, what in (
        ("functions", "traceable function"),
        ("blacklist", "function forbidden to kprobes"),
        ("symbols.text", "symbol of code"),
        ("symbols.data", "symbol of data"),
    ):
        if name == "symbols.text" and kernel.table("functions") is not None:
            continue  # snapshots leave out those that are traceable
        table = kernel.table(name)
        if table is not None:
            lines.append(_count(len(table), what))
    events = kernel.sources.event_names()
    if events is not None:
        systems = len({system for system, _ in events})
        lines.append(f"{_count(len(events), 'trace event')} in {_count(systems, 'system')}")
    modules = kernel.sources.modules()
    if modules:
        lines.append(f"BTF of {_count(len(modules), 'module')}")
    files = kernel.sources.module_files()
    names = files.names() if files is not None else []
    if names:
        lines.append(f"files of {_count(len(names), 'module')}, each read when it is named")
    return lines


def _count(number: int, what: str) -> str:
    if number == 1:
        return f"1 {what}"
    first, space, rest = what.partition(" ")
    return f"{number:,} {what}s" if first in _PLURAL_LAST else f"{number:,} {first}s{space}{rest}"


_PLURAL_LAST = frozenset(("raw", "traceable", "trace"))
