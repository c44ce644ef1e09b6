"""The text files of tracefs and procfs, parsed: event formats, lists of functions, symbols, the kprobe blacklist.

Pure functions over bytes; nothing here opens a file. Lines that make no sense are skipped: the kernel's files hold
none, and a hostile copy of them is not worth an error. See Documentation/trace/events.rst (format files),
Documentation/trace/ftrace.rst (available_filter_functions) and kernel/kallsyms.c (the letters of /proc/kallsyms).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

MAX_FIELDS = 4096

# Every repetition is bounded or cannot overlap with its neighbour: the texts may be anybody's.
_FIELD = re.compile(
    r"field:([^;\n]{1,400});[ \t]*offset:(\d{1,9});[ \t]*size:(\d{1,9});[ \t]*signed:(\d{1,3});"
)
_DECLARATION = re.compile(r"(.*?)([A-Za-z_]\w*)[ \t]*(\[[^\]]*\])?", re.DOTALL)
_NO_MODULES = ("[bpf]", "[__builtin__")


@record
class EventField:
    """One field of a trace event.

    `type` is C text as the format file has it, without the name (`char[16]`, `__data_loc char[]`). `offset` and
    `size` are bytes; a dynamic field's are those of the 32-bit word that says where its data lie. `kind` is `int`
    (pointers and everything else of a plain width), `array`, `string` (characters in place), `dynamic_string`,
    `dynamic` (data elsewhere in the record, not characters). `btf_type` is a type id of the kernel's BTF where
    that is the source. `common` marks the four fields that every event has.
    """

    name: str
    type: str
    offset: int
    size: int
    signed: bool
    kind: str
    btf_type: int | None = None
    common: bool = False


def field_kind(type_text: str) -> str:
    """The kind of a field by its C type, decided as the kernel does (`filter_assign_type`, trace_events_filter.c)."""
    if "__data_loc" in type_text or "__rel_loc" in type_text:
        return "dynamic_string" if "char" in type_text else "dynamic"
    if "[" in type_text:
        return "string" if "char" in type_text else "array"
    return "int"


def make_field(declaration: str, offset: int, size: int, signed: bool) -> EventField | None:
    """A field from its C declaration (`char comm[16]`, `__data_loc char[] name`), or None if that is not one."""
    match = _DECLARATION.fullmatch(declaration.strip()) if len(declaration) <= 400 else None
    if match is None:
        return None
    base, name, suffix = match.groups()
    type_text = base.rstrip() + (suffix or "")
    return EventField(
        name, type_text, offset, size, signed, field_kind(type_text), None, name.startswith("common_")
    )


def parse_format(text: str) -> tuple[EventField, ...]:
    """The fields of an `events/SYSTEM/EVENT/format` file, in its order, the common ones included."""
    fields = []
    for match in _FIELD.finditer(text):
        declaration, offset, size, signed = match.groups()
        field = make_field(declaration, int(offset), int(size), signed != "0")
        if field is not None:
            fields.append(field)
            if len(fields) >= MAX_FIELDS:
                break
    return tuple(fields)


def pack_fields(fields: Iterable[EventField]) -> str:
    """Fields as the value of one line of an `events` table: `declaration;offset;size;signed`, tabs between."""
    packed = []
    for field in fields:
        base, bracket, rest = field.type.partition("[")
        if field.kind.startswith("dynamic"):
            base, bracket, rest = field.type, "", ""
        declaration = f"{base} {field.name}{bracket}{rest}"
        packed.append(f"{declaration};{field.offset};{field.size};{int(field.signed)}")
    return "\t".join(packed)


def pack_format(text: str) -> str:
    """A format file as the value of one line of an `events` table."""
    return pack_fields(parse_format(text))


def unpack_fields(line: str) -> tuple[EventField, ...]:
    """The fields that `pack_fields` packed."""
    fields = []
    for item in line.split("\t")[:MAX_FIELDS]:
        parts = item.split(";")
        if (
            len(parts) == 4
            and parts[1].isdecimal()
            and parts[2].isdecimal()
            and len(parts[1]) + len(parts[2]) < 19
        ):
            field = make_field(parts[0], int(parts[1]), int(parts[2]), parts[3] != "0")
            if field is not None:
                fields.append(field)
    return tuple(fields)


def parse_functions(data: bytes) -> list[str]:
    """`available_filter_functions` as lines of a `functions` table: `name`, or `name\\tmodule`."""
    lines = []
    for line in data.decode("utf-8", "replace").split("\n"):
        name, _, rest = line.partition(" ")
        if not name or "\t" in name:
            continue
        module = rest.strip()
        if module.startswith("[") and module.endswith("]"):
            lines.append(f"{name}\t{module[1:-1]}")
        else:
            lines.append(name)
    return lines


def scan_functions(data: bytes, name: bytes) -> list[str]:
    """The values that the lines of `name` in `parse_functions` have, by a search of the raw text."""
    values = []
    for line in _lines_with(data, name, (b" ", b"\n"), at_start=True):
        module = line[len(name) :].strip(b" []").decode("utf-8", "replace")
        values.append(module)
    return values


def _lines_with(data: bytes, name: bytes, ends: tuple[bytes, ...], *, at_start: bool) -> list[bytes]:
    """Lines of `data` that hold `name` as a word, at their start or after a space."""
    if not name or b"\n" in name or b" " in name:
        return []
    found = []
    for end in ends:
        wanted = name + end if at_start else b" " + name + end
        position = data.find(wanted)
        while position >= 0:
            start = data.rfind(b"\n", 0, position + 1) + 1
            if not at_start or start == position:
                stop = data.find(b"\n", position)
                found.append(data[start : stop if stop >= 0 else len(data)])
            position = data.find(wanted, position + 1)
    return found


TEXT_SYMBOLS = "tTwW"
DATA_SYMBOLS = "dDbBrRvVA"


def text_ranges(kallsyms: bytes) -> tuple[tuple[int, int], ...]:
    """The addresses of the kernel's code, from `_stext` to `_etext` and that of its start-up; () where hidden.

    The letters alone do not tell: in Linux 7.3 every variable of `.data` is a `T`. Who may not see addresses gets
    zeros, and has to believe the letters.
    """
    ranges = []
    for first, last in ((b"_stext", b"_etext"), (b"_sinittext", b"_einittext")):
        bounds = [_address(kallsyms, name) for name in (first, last)]
        if 0 < bounds[0] < bounds[1]:
            ranges.append((bounds[0], bounds[1]))
    return tuple(ranges)


def _address(kallsyms: bytes, name: bytes) -> int:
    lines = _lines_with(kallsyms, name, (b"\n",), at_start=False)
    try:
        return int(lines[0].split()[0][:16], 16) if lines else 0
    except ValueError:
        return 0


def parse_symbols(data: bytes, letters: str) -> list[str]:
    """`/proc/kallsyms` as lines of a table of symbols: those of code (TEXT_SYMBOLS) or of data (DATA_SYMBOLS).

    A line is `name`, or `name\\tcount\\tmodule` where several symbols of one home bear the name or the home is a
    module (`module` is "" for the kernel itself). Left out: padding symbols (`__pfx_`, `__cfi_`), which no probe
    can want, and code that BPF and ftrace made at run time.
    """
    ranges = text_ranges(data)
    text = data.decode("latin-1")
    rest = r" (?!__pfx_|__cfi_)(\S+(?:\t\[\w+\])?)$"
    found: list[str] = re.findall(rf"^[0-9a-fA-F]+ [{letters}]{rest}", text, re.MULTILINE)
    if ranges:
        misplaced = [
            name
            for address, name in re.findall(
                rf"^([0-9a-fA-F]{{1,16}}) [{TEXT_SYMBOLS}]{rest}", text, re.MULTILINE
            )
            if not _is_code(int(address, 16), ranges) and "\t" not in name
        ]
        if letters == TEXT_SYMBOLS:
            outside = _counts(misplaced)
            found = [
                name for name, count in _counts(found).items() for _ in range(count - outside.get(name, 0))
            ]
        else:
            found += misplaced
    return _symbol_lines(_counts(found))


def parse_aliases(kallsyms: bytes, traceable: Container[str]) -> list[str]:
    """The code of the kernel itself that is at the address of a traceable function of another name, as lines `name\\tfunction`.

    A system call without parameters has several names (`__x64_sys_getppid`, `__do_sys_getppid`), and compilers make one of functions
    that do the same; the list of traceable functions has one name for an address. Where addresses are hidden there are none.
    """
    ranges = text_ranges(kallsyms)
    if not ranges:
        return []
    found = re.findall(
        rf"^([0-9a-fA-F]{{1,16}}) [{TEXT_SYMBOLS}] (\S+)$", kallsyms.decode("latin-1"), re.MULTILINE
    )
    names: dict[str, list[str]] = {}
    for address, name in found:
        names.setdefault(address, []).append(name)
    lines = []
    for address, several in names.items():
        reached = next((name for name in several if name in traceable), None) if len(several) > 1 else None
        if reached is not None and _is_code(int(address, 16), ranges):
            lines += [f"{name}\t{reached}" for name in several if name not in traceable]
    return lines


def _is_code(address: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= address < last for first, last in ranges)


def _counts(names: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _symbol_lines(counts: dict[str, int]) -> list[str]:
    lines = []
    for name, count in counts.items():
        symbol, tab, module = name.partition("\t")
        if tab:
            if not module.startswith(_NO_MODULES):
                lines.append(f"{symbol}\t{count}\t{module.strip('[]')}")
        else:
            lines.append(f"{symbol}\t{count}\t" if count > 1 else symbol)
    return lines


def scan_symbols(
    data: bytes, name: bytes, letters: str, ranges: tuple[tuple[int, int], ...] | None = None
) -> list[str]:
    """The values that the lines of `name` in `parse_symbols` have, by a search of the raw text.

    `ranges` are its `text_ranges`, looked up anew where left out.
    """
    values = []
    for line in _lines_with(data, name, (b"\n", b"\t"), at_start=False):
        fields = line.decode("utf-8", "replace").split(None, 3)
        if len(fields) < 3 or fields[2].encode() != name or len(fields[0]) > 16:
            continue
        module = fields[3].strip() if len(fields) > 3 else ""
        letter = fields[1]
        if letter in TEXT_SYMBOLS and not module:
            ranges = text_ranges(data) if ranges is None else ranges
            try:
                if ranges and not _is_code(int(fields[0], 16), ranges):
                    letter = "D"
            except ValueError:
                continue
        if letter in letters and not module.startswith(_NO_MODULES):
            values.append(f"1\t{module.strip('[]')}")
    return values


def parse_blacklist(data: bytes) -> list[str]:
    """`/sys/kernel/debug/kprobes/blacklist` (address range, tab, name) as lines of a `blacklist` table."""
    names = []
    for line in data.decode("utf-8", "replace").split("\n"):
        fields = line.split()
        if len(fields) >= 2:
            names.append(fields[1])
    return list(dict.fromkeys(names))


def kernel_release(banner: str) -> str | None:
    """The release in a banner such as `/proc/version`'s ("6.12.57+deb13-cloud-amd64"), or None."""
    match = re.match(r"Linux version ([!-~]{1,80})", banner)
    return match.group(1) if match else None


def has_symbols(kallsyms: bytes, letters: str) -> bool:
    """Whether kallsyms lists symbols of these types.

    Of data it has only a few, by chance, without CONFIG_KALLSYMS_ALL: then it tells nothing of them.
    """
    count = sum(kallsyms.count(f" {letter} ".encode()) for letter in letters)
    return count > (1000 if letters == DATA_SYMBOLS else 0)
