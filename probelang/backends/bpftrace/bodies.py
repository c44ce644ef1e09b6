"""What a clause does: keep values at the entry, decide, print one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.backends.bpftrace.conditions import Named, render_condition
from probelang.backends.bpftrace.text import in_format, quote
from probelang.backends.bpftrace.values import WORD, Reader, Refused, Value, type_name
from probelang.btf.layout import find_member
from probelang.btf.names import Space
from probelang.probes import (
    Access,
    Deref,
    Duration,
    EntryValue,
    EventFieldValue,
    Immediate,
    Parameter,
    SymbolAddress,
    ThreadName,
    comparisons,
)
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.backends.bpftrace.points import Spot
    from probelang.kernel.interface import Kernel
    from probelang.probes import Condition, Fetch, Field, Probe
    from probelang.source import Span

#: Nothing is mapped below, neither in the kernel nor in a program.
FIRST_PAGE = 4096
#: An address in there; 1 would be the maximum of itself and NULL for LLVM, which compares otherwise then.
_NOWHERE = "(uint64)2048"
#: A string in an array: of these 48 bytes an event may have on the stack of BPF (512 bytes), where each of them is up to four times.
MOST_BOUND = 48
#: A shorter array may be the end of a struct, with more behind it than C says.
SHORTEST = 16
_ARRAY = re.compile(r"(?:const )?(?:unsigned )?char ?\[(\d+)\]")
_HEAD = "%16s-%-7llu [%03llu] ..... %6llu.%06llu: "
#: The 64 bytes of a string on the stack of BPF, and its address, in words.
_STRING_WORDS = 9
_HEAD_ARGUMENTS = ("cpu", "nsecs / 1000000000", "nsecs % 1000000000 / 1000")


class BodyRefused(Exception):
    """What cannot be kept or printed; `span` is the fetch arg's."""

    def __init__(self, message: str, help: str | None, span: Span) -> None:
        super().__init__(message)
        self.help = help
        self.span = span


@record
class Body:
    """The lines of a clause, those of the clause at the entry (none if nothing is kept), and the maps between them."""

    lines: tuple[str, ...]
    entry: tuple[str, ...]
    maps: tuple[str, ...]


@record
class Based:
    """The event of the same spec that an eprobe sits on: its fields at this place, and its condition."""

    fields: tuple[Field, ...]
    condition: Condition | None


def write_body(
    probe: Probe,
    fields: Sequence[Field],
    spot: Spot,
    dialect: Dialect,
    kernel: Kernel,
    prefix: str,
    based: Based | None = None,
) -> Body:
    """The clause of a probe at one spot; `prefix` begins the names of its maps. Raises BodyRefused, ConditionRefused."""
    return _Writer(probe, spot, dialect, kernel, prefix).write(fields, based)


class _Writer:
    def __init__(self, probe: Probe, spot: Spot, dialect: Dialect, kernel: Kernel, prefix: str) -> None:
        self.probe = probe
        self.spot = spot
        self.dialect = dialect
        self.kernel = kernel
        self.prefix = prefix
        self.lines: list[str] = []
        self.inside: list[str] = []
        self.entry: list[str] = []
        self.maps: list[str] = []
        self.variables: set[str] = set()
        self.strings = 0
        self.room = MOST_BOUND
        self.out = self.lines
        self.reader = Reader(dialect, spot.place)
        self.names: dict[str, Named] = {}
        self.pointers: dict[str, str] = {}

    def write(self, fields: Sequence[Field], based: Based | None) -> Body:
        own = [*fields, *(based.fields if based is not None else ())]
        self._keep_parameters(own)
        self._check_pointers(own)
        if any(isinstance(field.access.base, Duration) for field in own):
            self._time()
        conditions = []
        if based is not None:
            conditions += self._sit_on(fields, based)
        compared = {one.field for one in comparisons(self.probe.condition) if not one.common}
        pieces: list[tuple[str, tuple[str, ...]]] = []
        for field in fields:
            # what the condition does not need is read when it holds
            self.out = self.lines if field.name in compared else self.inside
            try:
                piece = self._field(field, field.name in compared)
            except Refused as error:
                raise BodyRefused(str(error), error.help, field.span) from None
            if not field.auto:
                pieces.append((f"{field.name}={piece[0]}", piece[1]))
        if self.probe.condition is not None:
            conditions.append(render_condition(self.probe.condition, self.names, self.dialect))
        self.inside.append(self._print(pieces))
        if conditions:
            whole = conditions[0] if len(conditions) == 1 else " && ".join(f"({text})" for text in conditions)
            self.lines += [f"if ({whole}) {{", *(f"\t{line}" for line in self.inside), "}"]
        else:
            self.lines += self.inside
        if self.maps:
            self._time()
            self.lines = [
                f"if ({self._map('at')}[curtask] != 0) {{",
                *(f"\t{line}" for line in self.lines),
                "}",
                *(self.dialect.delete(map) for map in self.maps),
            ]
        return Body(tuple(self.lines), tuple(self.entry), tuple(self.maps))

    # -------------------------------------------------------------------------------------------- of the entry

    def _map(self, name: str) -> str:
        return f"@{self.prefix}_{name}"

    def _keep(self, name: str, text: str) -> str:
        """Keeps a value from the entry to the return, and says where."""
        map = self._map(name)
        if map not in self.maps:
            self.maps.append(map)
            self.entry.append(f"{map}[curtask] = {text};")
        return f"{map}[curtask]"

    def _time(self) -> None:
        self._keep("at", "nsecs")
        self.reader.place = replace(
            self.reader.place, duration=f"((int64)nsecs - (int64){self._map('at')}[curtask])"
        )

    def _keep_parameters(self, fields: Sequence[Field]) -> None:
        """A kretprobe has no parameters, so those that are recorded are kept."""
        place = self.spot.entry_place
        if place is None or self.spot.place.parameters is not None:
            return
        kept: dict[Access, Value] = {}
        for field in fields:
            base = field.access.base
            if isinstance(base, Parameter):
                text = Reader(self.dialect, place).sized(Access(base), WORD)
                kept[Access(base)] = Value(self._keep(f"arg{base.slot}", text), WORD)
        self.reader.place = replace(self.reader.place, kept=kept)

    def _check_pointers(self, fields: Sequence[Field]) -> None:
        """Pointers that may be NULL in the verifier's eyes are then others that lead nowhere."""
        if not self.spot.place.nullable:
            return
        checked: dict[int, str] = {}
        for field in fields:
            access = field.access
            if isinstance(access.base, Parameter) and access.derefs and access.base.slot not in checked:
                try:
                    value = self.reader.base(Access(access.base))
                except Refused as error:
                    raise BodyRefused(str(error), error.help, field.span) from None
                name = checked[access.base.slot] = self._variable(f"arg{access.base.slot - 1}__at")
                self.lines += [
                    f"{name} = {value.text};",
                    f"if ({name} == 0) {{",
                    f"\t{name} = {_NOWHERE};",
                    "}",
                ]
        self.reader.place = replace(self.reader.place, checked=checked)

    def _at_entry(self, field: Field, inner: Access, name: str) -> tuple[str, tuple[str, ...]]:
        assert self.spot.entry_place is not None
        if field.fetch.count is not None:
            raise Refused(
                "an array of the entry cannot be kept until the return",
                "its elements one by one, `[0]`, or a probe of the entry",
            )
        reader = Reader(self.dialect, self.spot.entry_place)
        if field.fetch.is_string:
            kept = self._keep(field.name, self._string(reader, inner, field, f"{field.name}__at"))
            self._name(field, kept)
            return '\\"%s\\"', (kept,)
        kept = self._keep(field.name, reader.number(inner, field.fetch))
        number = None if field.fetch.bitfield else self.dialect.in_map(field.fetch.bits, field.fetch.signed)
        value = Value(kept, number)
        return self._number(field, value, name)

    # -------------------------------------------------------------------------------------- of the event below

    def _sit_on(self, fields: Sequence[Field], based: Based) -> list[str]:
        """The fields of the event below that are used here; what is left of its condition."""
        used = {base.name for field in fields if isinstance(base := field.access.base, EventFieldValue)}
        compared = {one.field for one in comparisons(based.condition) if not one.common}
        event: dict[str, Value] = {}
        for field in based.fields:
            if field.name not in used | compared:
                continue
            try:
                text = self._below(field)
            except Refused as error:
                raise BodyRefused(str(error), error.help, self.probe.point_span) from None
            number = None if field.fetch.is_string else (field.fetch.bits, field.fetch.signed)
            event[field.name] = Value(text, number)
        self.reader.place = replace(self.reader.place, event=event)
        if based.condition is None:
            return []
        names = {
            name: Named(value.text, self.pointers.get(f"{name}__below_at")) for name, value in event.items()
        }
        return [render_condition(based.condition, names, self.dialect)]

    def _below(self, field: Field) -> str:
        if isinstance(field.access.base, EntryValue) or field.fetch.count is not None:
            raise Refused(
                f"`{field.name}` of that event cannot be read here", "record it in that probe itself"
            )
        if isinstance(field.access.base, ThreadName):
            return "comm"
        variable = self._variable(f"{field.name}__below")
        if field.fetch.is_string:
            text = self._string(self.reader, field.access, field, f"{field.name}__below_at")
        else:
            text = self.reader.number(field.access, field.fetch)
        self.lines.append(f"{variable} = {text};")
        return variable

    # --------------------------------------------------------------------------------------------------- fields

    def _variable(self, name: str) -> str:
        while name in self.variables:
            name += "_"
        self.variables.add(name)
        return f"${name}"

    def _name(self, field: Field, text: str) -> str:
        self.names[field.name] = Named(text, self.pointers.get(f"{field.name}__at"))
        return text

    def _field(self, field: Field, compared: bool) -> tuple[str, tuple[str, ...]]:
        """A field as a piece of printf()'s format, and the arguments of it; a variable first if it is compared."""
        access, fetch = field.access, field.fetch
        match access.base:
            case Immediate(bytes(constant)):
                if b"\0" in constant:
                    raise Refused("a string of bpftrace cannot have a NUL in it")
                self._name(field, quote(constant))
                return f'\\"{in_format(constant)}\\"', ()
            case ThreadName():
                self._name(field, "comm")
                return '\\"%s\\"', ("comm",)
            case EntryValue(inner):
                return self._at_entry(field, inner, field.name if compared else "")
        if fetch.count is not None:
            return self._array(field, fetch.count)
        if fetch.is_string:
            text = self._string(self.reader, access, field, f"{field.name}__at")
            if compared:
                variable = self._variable(field.name)
                self.out.append(f"{variable} = {text};")
                text = self._name(field, variable)
            return ("%s" if fetch.name == "symstr" else '\\"%s\\"'), (text,)
        value = Value(self.reader.number(access, fetch), (fetch.bits, fetch.signed))
        if fetch.bitfield:
            value = Value(value.text, None)
        return self._number(field, value, field.name if compared else "")

    def _number(self, field: Field, value: Value, variable: str) -> tuple[str, tuple[str, ...]]:
        fetch = field.fetch
        text = value.text
        wanted = (fetch.bits, fetch.signed)
        if value.number is not None and value.number != wanted:
            text = f"({type_name(wanted)}){text}"
        if variable:
            name = self._variable(variable)
            self.out.append(f"{name} = {text};")
            text = self._name(field, name)
        form, wrapped = _form(fetch, text)
        return form, (wrapped,)

    def _array(self, field: Field, count: int) -> tuple[str, tuple[str, ...]]:
        fetch = replace(field.fetch, count=None)
        size = 8 if fetch.is_string else fetch.bits // 8
        start = self._variable(f"{field.name}__start")
        self.out.append(f"{start} = {self.reader.address(field.access)};")
        forms, arguments = [], []
        pointer = self.reader.pointer(field.access)
        kind = type_name(WORD if fetch.is_string else (fetch.bits, fetch.signed))
        for number in range(count):
            offset = f" + {number * size}" if number else ""
            text = f"*({kind} *){pointer}({start}{offset})"
            if fetch.is_string:
                self.strings += 1
                forms.append('\\"%s\\"')
                arguments.append(f"str({pointer}({text}))" if pointer else f"str({text})")
            else:
                form, wrapped = _form(fetch, text)
                forms.append(form)
                arguments.append(wrapped)
        return "{" + ",".join(forms) + "}", tuple(arguments)

    def _string(self, reader: Reader, access: Access, field: Field, at: str) -> str:
        """A string; where there is no memory at all it is `(fault)`, as the kernel shows it."""
        fetch = field.fetch
        if fetch.name == "symstr":
            return f"ksym({reader.sized(access, WORD)})"
        base = access.base
        self.strings += 1
        if isinstance(base, EventFieldValue) and base.text and not access.derefs:
            value = reader.base(access)
            in_place = self.dialect.arrays_are_strings and base.name in reader.place.in_place
            known = in_place or value.text.startswith("$") or value.text == "comm"
            return value.text if known else f"str({value.text}{self._bound(field)})"
        if fetch.name in ("%pd", "%pD"):
            access = Access(base, (*access.derefs, *self._name_of(fetch)))
        pointer = "uptr" if fetch.name == "ustring" else reader.pointer(access)
        address = reader.address(access)
        name = self._variable(at)
        bound = self._bound(field)
        if reader is self.reader:
            self.pointers[at] = self._read_at(f"(int64){name}{{0}}", name, access, pointer, bound)
        lines = self.entry if reader is not self.reader else self.out
        lines.append(f"{name} = {address};")
        return f'{name} < {FIRST_PAGE} ? "(fault)" : {self._read_at(name, name, access, pointer, bound)}'

    def _bound(self, field: Field) -> str:
        """What limits a string to its array, if that is short and there is room: so that it can be on the stack of BPF."""
        found = _ARRAY.fullmatch(field.c_type)
        size = int(found[1]) if found is not None else 0
        if not self.dialect.config or not SHORTEST <= size <= self.room:
            return ""
        self.room -= size
        return f", {size}"

    def _read_at(self, at: str, name: str, access: Access, pointer: str, bound: str) -> str:
        """The string at an address that is calculated from a variable."""
        if pointer != "uptr" and self._may_be_user(access):
            # the kernel's own `string` reads user memory too, where the address is the program's
            return f"((int64){name} > 0 ? str(uptr({at}){bound}) : str(kptr({at}){bound}))"
        return f"str({pointer}({at}){bound})" if pointer else f"str({at}{bound})"

    def _may_be_user(self, access: Access) -> bool:
        """Whether a string is where a pointer says, and that may be a program's: bpftrace must be told whose memory it is."""
        return len(access.derefs) <= 1 and not isinstance(access.base, SymbolAddress)

    def _name_of(self, fetch: Fetch) -> Iterator[Deref]:
        """From a file, or a dentry, to its name: what `%pD` and `%pd` read."""
        steps: tuple[tuple[str, ...], ...] = (("dentry", "d_name", "name"),)
        if fetch.name == "%pD":
            steps = (("file", "f_path", "dentry"), *steps)
        for struct, *path in steps:
            yield Deref(self._offset(struct, path), False, "->" + ".".join(path))
        yield Deref(0, False, "")

    def _offset(self, struct: str, path: list[str]) -> int:
        btf = self.kernel.btf
        id = btf.find(Space.STRUCT, struct) if btf is not None else None
        bits = 0
        for name in path:
            member = find_member(btf, id, name) if btf is not None and id is not None else None
            if member is None:
                raise Refused(f"where the name of a `struct {struct}` is, is not known without BTF")
            bits += member.bit_offset
            id = member.type
        return bits // 8

    # ------------------------------------------------------------------------------------------------- the line

    def _print(self, pieces: Sequence[tuple[str, tuple[str, ...]]]) -> str:
        form = _HEAD + f"{self.probe.event}: ({self.spot.shown})"
        arguments = ["comm", self.dialect.tid, *_HEAD_ARGUMENTS, *self.spot.shown_by]
        for text, values in pieces:
            form += f" {text}"
            arguments += values
        if self.probe.stacktrace:
            form += "%s"
            arguments.append("kstack")
        if len(arguments) + 1 > self.dialect.max_printf:
            raise BodyRefused(
                f"{len(arguments) + 1} values are too many: printf() of {self.dialect.title} takes {self.dialect.max_printf}, elements of arrays counted",
                "`--target tracefs` can, and so can two probes",
                self.probe.point_span,
            )
        self._check_stack(len(arguments) - len(_HEAD_ARGUMENTS) - 2)
        return f'printf("{form}\\n", {", ".join(arguments)});'

    def _check_stack(self, values: int) -> None:
        """Whether what is printed has room on the stack of BPF, where this release has it together with what it calculates with."""
        words = values + (_STRING_WORDS - 1) * self.strings + 2 * len(self.maps)
        words += sum(not name.endswith("__at") for name in self.variables)
        if self.dialect.stack_words is not None and words > self.dialect.stack_words:
            strings = f", {self.strings} of them strings," if self.strings else ""
            raise BodyRefused(
                f"{values} values{strings} are too many: {self.dialect.title} has them on the stack of BPF, which has room for "
                f"{self.dialect.stack_words} numbers; a string takes the place of {_STRING_WORDS}",
                "`--bpftrace-version 0.27` can, and so can two probes",
                self.probe.point_span,
            )


def _form(fetch: Fetch, text: str) -> tuple[str, str]:
    """How a number is printed, and what is given to printf() for it."""
    if fetch.name == "symbol":
        return "%s", f"ksym({text})"
    if fetch.name == "char":
        return "'%c'", text
    if fetch.name[0] == "x" and not fetch.bitfield:
        return "0x%llx", text
    return ("%lld" if fetch.signed and not fetch.bitfield else "%llu"), text
