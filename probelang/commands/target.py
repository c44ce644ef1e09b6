"""What the parser has to know of a kernel, in the parser's own questions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found, NotFound
from probelang.btf.names import Space
from probelang.btf.types import Func, FuncProto, Struct
from probelang.commands.octets import parse_unsigned
from probelang.commands.verdict import Doubtful
from probelang.kernel.functions import is_forbidden
from probelang.record import record

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.kernel.interface import Kernel
    from probelang.kernel.tracefs import EventField


#: What the list of traceable functions has for places that no symbol is at.
_NO_SYMBOL = "__ftrace_invalid_address___"

#: What the names of the padding in front of a function begin with.
_PADDING = ("__pfx_", "__cfi_")


@record
class Proto:
    """The C prototype of a function: BTF, type id of what it returns (0: void), and its parameters by name and type id."""

    btf: Btf
    returns: int
    params: tuple[tuple[str, int], ...]


class Target:
    """A kernel's probe parser: what it can do, by features and not by version, and what it finds.

    Whatever is not known raises `Doubtful`.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        features = kernel.features
        self.has_fprobes = bool(features.fprobe)
        self.has_eprobes = bool(features.eprobe)
        self.has_uprobes = features.uprobe is not False
        self.has_synthetic = features.synthetic is not False
        self.names = bool(features.param_names)
        self.members = bool(features.member_names)
        self.entry_data = bool(features.entry_data)
        self.dentries = bool(features.dentry_names)
        self.symstr = bool(features.symstr)
        self.char = bool(features.char_type)
        self.current = bool(features.current)
        self.percpu = bool(features.percpu)
        self.max_text = 255 if features.long_args else 63
        #: Casts in eprobes alone (7.2), or everywhere by a parser of its own (7.3), which is a loop and no recursion.
        self.loop = self.has_enumerator("TP_ERR_TYPECAST_REQ_FIELD")
        self.event_casts = not self.loop and self.has_enumerator("TP_ERR_TYPECAST_NOT_EVENT")
        self.says_string_needed = self.has_enumerator("TP_ERR_NEED_STRING_TYPE")
        self.says_too_many = self.has_enumerator("TP_ERR_TOO_MANY_ARGS")
        # the message leaves no trace of its own in BTF; kernels with casts have it (kernel/trace/trace_dynevent.c)
        self.says_no_match = self.loop or self.event_casts
        self.maxactive = bool(features.fprobe_maxactive)
        self.shared_tracepoints = bool(features.shared_tracepoints)
        self._events: frozenset[tuple[str, str]] | None = None

    def has_enumerator(self, name: str) -> bool:
        btf = self.kernel.btf
        return btf is not None and bool(btf.find_enumerator(name))

    # ------------------------------------------------------------------------------------------------- symbols

    def count_symbols(self, name: str) -> int:
        """How many symbols of the kernel and its modules bear a name."""
        if not name or name.startswith(_NO_SYMBOL):
            return 0
        if name.startswith(_PADDING):
            return self._count_padding(name)
        match self.kernel.has_symbol(name):
            case Found(count):
                return count
            case NotFound():
                return 0
        raise Doubtful("symbol")

    def _count_padding(self, name: str) -> int:
        """The symbols of what stands in front of a function: of those the snapshot has what kprobes must not reach."""
        count = self.count_symbols(name[len("__pfx_") :])
        if count > 1 or (count and not self._is_known_padding(name)):
            raise Doubtful("symbol", f"{name} is padding, which no list of symbols has")
        return count

    def _is_known_padding(self, name: str) -> bool:
        table = self.kernel.table("blacklist")
        return name.startswith(_PADDING) and table is not None and name in table

    def is_loaded(self, module: str) -> bool:
        return bool(module) and self.kernel.modules.is_loaded(module)

    def is_code(self, name: str) -> bool:
        """Whether a symbol is of code."""
        table = self.kernel.table("symbols.text")
        functions = self.kernel.table("functions")
        if table is None and functions is None:
            raise Doubtful("symbol")
        return any(known is not None and name in known for known in (table, functions)) or (
            self._is_known_padding(name)
        )

    def is_traceable(self, name: str) -> bool:
        """Whether ftrace has a place at the start of a function."""
        table = self.kernel.table("functions")
        if table is None:
            raise Doubtful("function")
        return name in table and not name.startswith(_NO_SYMBOL)

    def is_alias(self, name: str) -> bool:
        """Whether a function is at the address of a traceable one of another name."""
        from probelang.kernel.functions import is_alias

        return is_alias(self.kernel, name)

    def matches_traceable(self, pattern: str) -> bool:
        """Whether a glob, as fprobes take it, matches a traceable function.

        Up to Linux 6.13 fprobes are set like ftrace's filter, where a number is that of a function in its list.
        """
        if self.maxactive and pattern[:1] in "0123456789" and pattern:
            table = self.kernel.table("functions")
            if table is None:
                raise Doubtful("function")
            return 0 < (parse_unsigned(pattern) or 0) <= len(table)
        if not any(char in pattern for char in "*?[\\"):
            return self.is_traceable(pattern) or (self.shared_tracepoints and self.is_alias(pattern))
        table = self.kernel.table("functions")
        if table is None:
            raise Doubtful("function")
        wanted = glob_pattern(pattern)
        if any(not name.startswith(_NO_SYMBOL) for name in table.matching(wanted)):
            return True
        aliases = self.kernel.table("aliases") if self.shared_tracepoints else None
        return aliases is not None and bool(aliases.matching(wanted))

    def is_blacklisted(self, name: str) -> bool:
        table = self.kernel.table("blacklist")
        if table is None:
            raise Doubtful("function")
        return is_forbidden(table, name)

    def refuses_untraceable(self, name: str) -> bool:
        """Whether a kprobe is refused in a function that ftrace has no place in.

        What a compiler split off (`name.isra.0`) is judged by the function it was split off.
        """
        if self.kernel.features.notrace_check is False:
            raise Doubtful("function")
        if self.is_alias(name):
            return False
        base, dot, _ = name.partition(".")
        return not dot or not self.is_traceable(base)

    def is_small(self, name: str) -> bool:
        """Whether a symbol is a per-CPU variable whose address is no address, so that nothing is found there."""
        btf = self.kernel.btf
        variable = btf.find(Space.VAR, name) if btf is not None else None
        if variable is not None and variable in self.kernel.percpu_variables() and not self.is_code(name):
            raise Doubtful("address")
        return False

    def is_entry_at(self, name: str, offset: int) -> bool:
        """Whether a function begins so many bytes behind a symbol, or its `endbr` ends there.

        x86-64 aligns functions to 16 bytes, so elsewhere none does.
        """
        if self.is_traceable(name) and offset % 16 not in (0, 4):
            return False
        raise Doubtful("instruction", f"{name}+{offset:#x}")

    def has_instruction_at(self, name: str, offset: int) -> bool:
        """Whether an instruction begins so many bytes behind a symbol.

        What ftrace reaches begins with `endbr64` or with its own five bytes.
        """
        if offset < 4 and self.is_traceable(name):
            return False
        raise Doubtful("instruction", f"{name}+{offset:#x}")

    # --------------------------------------------------------------------------------------------------- types

    def find_proto(self, name: str) -> Proto | None:
        """A function's prototype in the BTF of the kernel, else of its loaded modules."""
        for btf in self._blobs():
            ids = btf.find_all(Space.FUNC, name)
            if ids:
                function = btf.type(min(ids))
                proto = btf.type(function.proto) if isinstance(function, Func) else None
                if not isinstance(proto, FuncProto):
                    return None
                return Proto(btf, proto.returns, tuple((param.name, param.type) for param in proto.params))
        return None

    def find_struct(self, name: str) -> tuple[Btf, int] | None:
        """A struct (no union) by name; "" finds the first that has none."""
        if not name:
            return self._nameless()
        for btf in self._blobs():
            ids = [id for id in btf.find_all(Space.STRUCT, name) if _is_struct(btf, id)]
            if ids:
                return btf, min(ids)
        return None

    def _nameless(self) -> tuple[Btf, int] | None:
        btf = self._blobs()[0]
        for id in range(1, len(btf)):
            found = btf.type(id)
            if isinstance(found, Struct) and not found.is_union and not found.name:
                return btf, id
        return None

    def _blobs(self) -> list[Btf]:
        kernel = self.kernel.btf
        if kernel is None:
            raise Doubtful("prototype")
        modules = [self.kernel.module_btf(module) for module in self.kernel.sources.modules()]
        return [kernel, *(btf for btf in modules if btf is not None)]

    # -------------------------------------------------------------------------------------------------- events

    def has_tracepoint(self, name: str) -> bool:
        match self.kernel.find_tracepoint(name):
            case Found():
                return True
            case NotFound():
                return False
        raise Doubtful("event")

    def has_event(self, system: str, name: str) -> bool:
        """Whether the kernel itself has an event of that name."""
        if self._events is None:
            names = self.kernel.sources.event_names()
            if names is None:
                raise Doubtful("event")
            self._events = frozenset(names)
        return (system, name) in self._events

    def event_fields(self, system: str, name: str) -> tuple[EventField, ...] | None:
        """The fields of an event of the kernel's own, without the common ones; None if there is no such event."""
        if not self.has_event(system, name):
            return None
        fields = self.kernel.sources.event(system, name)
        if fields is None:
            raise Doubtful("event")
        return tuple(field for field in fields if not field.common)


def _is_struct(btf: Btf, id: int) -> bool:
    found = btf.type(id)
    return isinstance(found, Struct) and not found.is_union


def glob_pattern(text: str) -> re.Pattern[str]:
    """A glob of the kernel's own kind (lib/glob.c): `*`, `?`, `[…]`, and `\\` before a character that means itself.

    What stands between two stars is looked for once, at its first place, so that no glob takes long.
    """
    parts, part, at = [], "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            parts.append(part)
            part = ""
        elif char == "?":
            part += "."
        elif char == "[" and (close := text.find("]", at + 1 + (text[at : at + 1] == "!"))) > 0:
            inside = text[at:close]
            negated = inside.startswith("!")
            members = re.escape(inside[negated:]).replace(r"\-", "-")
            part += f"[{'^' if negated else ''}{members}]"
            at = close + 1
        else:
            if char == "\\" and at < len(text):
                char, at = text[at], at + 1
            part += re.escape(char)
    if parts:
        middle = "".join(f"(?>.*?{one})" for one in parts[1:] if one)
        part = f"{parts[0]}{middle}.*{part}"
    try:
        return re.compile(part, re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")
