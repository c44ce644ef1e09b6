"""All that is known of a kernel in one file: what `probelang kernel snapshot` writes and what comes bundled.

What every probe of a bundled kernel asks for lies there uncompressed, to be mapped and searched in place (in a wheel
it is compressed anyway); the BTF blob is compressed, and kept uncompressed in the user's cache. A snapshot to be
sent around is compressed as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.container import write_container
from probelang.kernel.tables import build_table
from probelang.kernel.tracefs import pack_fields

if TYPE_CHECKING:
    from probelang.kernel.sources import Sources

TABLES = ("functions", "symbols.text", "symbols.data", "aliases", "blacklist")
MAPPED = frozenset(
    ("btf.index", "functions", "symbols.text", "aliases", "blacklist", "events", "version", "missing")
)
MAX_EVENTS = 100_000


def build_snapshot(sources: Sources, *, bundled: bool = False) -> bytes:
    """The container that holds everything `sources` can tell. Raises KernelError if that is nothing, or is damaged."""
    sections: dict[str, bytes | memoryview] = {}
    missing = []
    for name in ("version", "readme"):
        data = sources.section(name)
        if data is not None:
            sections[name] = data
        else:
            missing.append(f"{name}\t{sources.why_missing(name)}")
    for name in TABLES:
        table = sources.table(name)
        if table is not None:
            sections[name] = table.data
        else:
            missing.append(f"{name}\t{sources.why_missing(name)}")
    if "functions" in sections and "symbols.text" in sections:
        sections["symbols.text"] = _drop_implied(
            bytes(sections["functions"]), bytes(sections["symbols.text"])
        )
    events = _event_table(sources)
    if events is not None:
        sections["events"] = events
    else:
        missing.append(f"events\t{sources.why_missing('events')}")
    _add_btf(sources, sections, missing)
    if not sections:
        raise KernelError("nothing is known of this kernel that a snapshot could hold")
    sections["missing"] = build_table(missing)
    compressed = frozenset(sections) - MAPPED if bundled else frozenset(sections)
    return write_container(sections, compress=compressed)


def _drop_implied(functions: bytes, symbols: bytes) -> bytes:
    """Symbols without those that a traceable function of the kernel itself, of a name borne once, tells already."""
    implied = {line for line in functions.split(b"\n") if line and b"\t" not in line}
    kept = [line for line in symbols.split(b"\n") if line and line not in implied]
    return b"\n" + b"\n".join(kept) + b"\n" if kept else b"\n"


def _event_table(sources: Sources) -> bytes | None:
    names = sources.event_names()
    if names is None:
        return None
    common = ""
    lines = []
    for system, name in names[:MAX_EVENTS]:
        fields = sources.event(system, name)
        if fields is None:
            continue
        first = pack_fields(field for field in fields if field.common)
        common = common or first
        if first == common:
            rest = pack_fields(field for field in fields if not field.common)
            lines.append(f"{system}:{name}\t=" + (f"\t{rest}" if rest else ""))
        else:
            lines.append(f"{system}:{name}\t{pack_fields(fields)}")
    return build_table([*lines, f"=\t{common}"])


def _add_btf(sources: Sources, sections: dict[str, bytes | memoryview], missing: list[str]) -> None:
    from probelang.btf.blob import Btf
    from probelang.btf.index import build_index
    from probelang.btf.types import BtfError

    data = sources.section("btf")
    if data is None:
        missing.append(f"btf\t{sources.why_missing('btf')}")
        return
    try:
        index = build_index(Btf.from_bytes(data))
    except BtfError as error:
        raise KernelError(f"the BTF can't be used: {error}") from None
    sections["btf.index"] = index
    sections["btf"] = data
    for module in sources.modules():
        blob = sources.section(f"btf:{module}")
        if blob is not None and len(module) < 60 and module.isascii():
            sections[f"btf:{module}"] = blob
