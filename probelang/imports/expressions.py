"""Expressions of bpftrace in the language's words: what a probe can record, and what it can compare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.btf.layout import resolve
from probelang.btf.types import BtfError, Ptr, Struct
from probelang.commands.raising import parameter_at
from probelang.imports.drafts import Beyond, Item
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.commands.target import Proto

_TOKEN = re.compile(
    r'"(?:\\.|[^"\\\n])*"?|0[xX][0-9a-fA-F_]+|\d[\w.]*|[$@]?[A-Za-z_]\w*|[$@]\d*|->|&&|\|\||<<|>>|[<>=!]=|\.\.|[^\s]',
    re.ASCII,
)
_MAX_TOKENS = 2000
_MAX_DEPTH = 50
_MAX_SPELLINGS = 4
_INT = re.compile(r"(u?)int(8|16|32|64)", re.ASCII)
#: bpftrace's words for what the language has too.
_WORDS = {
    "comm": "$comm",
    "pid": "$pid",
    "tid": "$tid",
    "cpu": "$cpu",
    "retval": "$retval",
    "curtask": "$current",
}
_CALLED = {
    "comm",
    "pid",
    "tid",
    "cpu",
    "retval",
    "nsecs",
    "kstack",
    "ustack",
    "func",
    "probe",
    "curtask",
    "uid",
    "gid",
}
_WHO = {
    "ppid": "$current->real_parent->tgid",
    "uid": "$current->cred->uid.val",
    "gid": "$current->cred->gid.val",
}
#: What a line of the trace tells without being asked: the time, and the place.
IN_HEAD = ("nsecs", "elapsed", "probe", "func", "strftime")
_OPERATORS = {
    "+": "a calculation", "-": "a calculation", "*": "a calculation", "/": "a calculation", "%": "a calculation",
    "<<": "a calculation", ">>": "a calculation", "|": "a calculation", "^": "a calculation", "~": "a calculation",
    "?": "a choice by `?`", ",": "a tuple", "&": "a calculation", "<": "a comparison", ">": "a comparison", "<=": "a comparison", ">=": "a comparison",
    "==": "a comparison", "!=": "a comparison", "&&": "a comparison", "||": "a comparison", "!": "a comparison",
}  # fmt: skip
_FUNCTIONS = {"str": "text", "ksym": "symbol", "kptr": "", "uptr": "", "kstr": "text"}


@record
class Scope:
    """What names mean in a clause: the kind of probe, the function's prototype where it is known, and what `$variables` were given."""

    kind: str
    returns: bool
    proto: Proto | None
    variables: Mapping[str, Item]


def tokens_of(text: str) -> list[str]:
    """Words, numbers, strings and operators. Raises `Beyond`."""
    tokens = [match[0] for match in _TOKEN.finditer(text)]
    if len(tokens) > _MAX_TOKENS:
        raise Beyond("the expression is too long")
    return tokens


def value_of(tokens: Sequence[str], scope: Scope) -> Item:
    """An expression whose value a probe can record. Raises `Beyond`."""
    return _Value(list(tokens), scope).whole()


def is_in_head(tokens: Sequence[str]) -> bool:
    """Whether it is something that each line of the trace tells by itself, perhaps in another unit."""
    words = [token for token in tokens if token[0].isalpha() or token[0] in "_$@"]
    return bool(words) and all(word in IN_HEAD for word in words)


def is_cast(tokens: Sequence[str], at: int) -> bool:
    """Whether the parenthesis there is a cast."""
    close = matching(tokens, at)
    inside = tokens[at + 1 : close] if close > at else []
    return bool(inside) and (
        inside[-1] == "*"
        or inside[0] in ("struct", "union")
        or (len(inside) == 1 and bool(_INT.fullmatch(inside[0])))
    )


def matching(tokens: Sequence[str], at: int) -> int:
    """Where the bracket there closes; -1 where it does not."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] in "([") - (tokens[index] in ")]")
        if depth == 0:
            return index
    return -1


def _no_value(token: str) -> str:
    """Why a value does not go on with this."""
    what = _OPERATORS.get(token)
    if what is None:
        return f"`{token[:40]}` stands where no value goes on"
    return f"{what} (`{token}`): a probe records values that are there"


class _Value:
    def __init__(self, tokens: list[str], scope: Scope) -> None:
        self.tokens = tokens
        self.scope = scope
        self.at = 0
        self.depth = 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.next()
        if not token:
            raise Beyond(f"`{wanted or 'a value'}` is missing")
        if wanted and token != wanted:
            raise Beyond(_no_value(token))
        self.at += 1
        return token

    def whole(self) -> Item:
        item = self.unary()
        rest = self.next()
        if rest:
            raise Beyond(_no_value(rest))
        return item

    def unary(self) -> Item:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Beyond("the expression is nested too deeply")
        try:
            return self._unary()
        finally:
            self.depth -= 1

    def _unary(self) -> Item:
        token = self.next()
        if token == "*":
            self.take()
            inner = self.unary()
            symbol = inner.spellings[0]
            if symbol.startswith("@"):
                return Item((symbol,), "", inner.wanted)
            return Item((f"*{symbol}",), "", inner.wanted if inner.wanted in ("text", "hex") else "")
        if token == "(" and is_cast(self.tokens, self.at):
            close = matching(self.tokens, self.at)
            type = self.tokens[self.at + 1 : close]
            self.at = close + 1
            inner = self.unary()
            return self._cast(type, inner)
        if token in ("-", "!", "~", "&"):
            raise Beyond(f"{_OPERATORS[token]} (`{token}`): a probe records values that are there")
        return self.postfix()

    def _cast(self, type: list[str], inner: Item) -> Item:
        number = _INT.fullmatch(type[0])
        if number is not None:
            name = f"{'u' if number[1] else 's'}{number[2]}"
            if inner.spellings[0].startswith("@"):
                return Item(inner.spellings, inner.name, name)
            stars = "".join(type[1:])
            if stars:
                return Item((f"({name} {stars}){inner.spellings[0]}",), inner.name, inner.wanted)
            return Item((f"({name}){inner.spellings[0]}", inner.spellings[0]), inner.name, inner.wanted)
        if not all(re.fullmatch(r"\w+|\*", word) for word in type):
            raise Beyond("a cast to this type")
        stars = "".join(word for word in type if word == "*")
        written = " ".join(word for word in type if word != "*")
        if written in ("char", "const char") and stars == "*":
            return Item(inner.spellings, inner.name, inner.wanted)
        spellings = tuple(f"({written} {stars}){one}" for one in inner.spellings)
        if self._has_type(inner.spellings[0], type):
            spellings = (*inner.spellings, *spellings)
        return Item(spellings[:_MAX_SPELLINGS], inner.name, inner.wanted)

    def _has_type(self, name: str, type: list[str]) -> bool:
        """Whether a parameter is a pointer to this struct anyway."""
        proto = self.scope.proto
        if proto is None or type[0] != "struct" or type[2:] != ["*"]:
            return False
        id = next((id for known, id in proto.params if known == name), None)
        try:
            pointer = proto.btf.type(resolve(proto.btf, id)) if id is not None else None
            target = proto.btf.type(resolve(proto.btf, pointer.target)) if isinstance(pointer, Ptr) else None
        except BtfError:
            return False
        return isinstance(target, Struct) and target.name == type[1]

    def postfix(self) -> Item:
        item = self.primary()
        while self.next() in ("->", ".", "["):
            token = self.take()
            if token == "[":
                index = self.take()
                self.take("]")
                if not index.isdecimal():
                    raise Beyond("an index that is not a number")
                rest = f"[{index}]"
            else:
                member = self.take()
                if not re.fullmatch(r"[A-Za-z_]\w*", member):
                    raise Beyond(f"`{member[:40]}` is no member")
                rest = token + member
            item = Item(tuple(_grouped(one) + rest for one in item.spellings), "", item.wanted)
        return item

    def primary(self) -> Item:
        token = self.take()
        if token == "(":
            inner = self.unary()
            self.take(")")
            return inner
        if token[0] == '"':
            raise Beyond("a text that is the same at every hit")
        if token[0] in "$@":
            return self._variable(token)
        if token[0].isdigit():
            raise Beyond("a number that is the same at every hit")
        if not re.fullmatch(r"[A-Za-z_]\w*", token):
            raise Beyond(f"`{token[:40]}` begins no value")
        if token == "args":
            if self.next() not in ("->", "."):
                raise Beyond("`args` as a whole: a spec names them, or says `$arg*`")
            self.take()
            return Item((self.take(),))
        numbered = re.fullmatch(r"(s?arg)(\d)", token)
        if numbered is not None:
            if numbered[1] == "sarg":
                raise Beyond("an argument on the stack (`sargN`)")
            return self._argument(int(numbered[2]))
        if self.next() == "(":
            return self._call(token)
        if token in _WHO:
            return Item((_WHO[token],), token)
        if token in _WORDS:
            return self._word(token)
        raise Beyond(f"`{token[:40]}` has no word in the language")

    @staticmethod
    def _word(name: str) -> Item:
        spare = "`pid` is left out, and the thread is at the head of each line" if name == "pid" else ""
        return Item((_WORDS[name],), "", "", spare)

    def _variable(self, token: str) -> Item:
        if token[0] == "@":
            raise Beyond(
                "a map (`@`): a probe records each hit, and what is kept or counted is for who reads the trace"
            )
        known = self.scope.variables.get(token)
        if known is None:
            raise Beyond(
                f"`{token[:40]}` is a parameter of the script"
                if token[1:].isdecimal() or token in ("$", "$#")
                else f"`{token[:40]}` was given no value that a probe can record"
            )
        return known

    def _argument(self, number: int) -> Item:
        proto = self.scope.proto
        if self.scope.returns and self.scope.kind == "kprobe":
            raise Beyond("a parameter at a return by its register, which is another's by then")
        found = parameter_at(number, proto, proto.params) if proto is not None else None
        return Item((*found[:1], f"$arg{number + 1}") if found is not None else (f"$arg{number + 1}",))

    def _call(self, name: str) -> Item:
        self.take("(")
        if name == "kaddr":
            symbol = self.take()
            self.take(")")
            if not re.fullmatch(r'"[A-Za-z_][\w.]*"', symbol):
                raise Beyond("an address that is not that of one symbol")
            return Item((f"@{symbol[1:-1]}",), "", "")
        if name == "reg":
            register = self.take()
            self.take(")")
            if not re.fullmatch(r'"\w+"', register):
                raise Beyond("a register that has no name")
            return Item((f"%{register[1:-1]}",))
        if name in _CALLED and self.next() == ")":
            self.take()
            if name not in _WORDS:
                raise Beyond(f"`{name}()` has no word in the language")
            return self._word(name)
        wanted = _FUNCTIONS.get(name)
        if wanted is None:
            raise Beyond(f"`{name[:40]}()` has no word in the language")
        inner = self.unary()
        if self.next() == "," and name == "str":
            # at most so many bytes: a probe records all of it
            self.take()
            if not self.take().isdecimal():
                raise Beyond("a length that is not a number")
        self.take(")")
        if name == "uptr":
            return Item(tuple(f"user({one})" for one in inner.spellings), inner.name, inner.wanted)
        return Item(inner.spellings, inner.name, wanted or inner.wanted)


def _grouped(text: str) -> str:
    return f"({text})" if text[:1] in "*(" and not _is_grouped(text) else text


def _is_grouped(text: str) -> bool:
    """Whether one pair of parentheses is around all of it."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at == len(text) - 1
    return False
