"""Names as people write them: C++ (Itanium C++ ABI) and Rust (legacy and v0) names out of mangled ones, and back.

The way back can't be computed: a name without its parameters, `shop::Cart::add`, stands for every overload. So the
mangled names that have the name's last word in them (`3add`) are demangled and compared.
"""

from __future__ import annotations

import re

from probelang.program.symbols import MANGLED

LONGEST = 4096
"""Bytes of a mangled name; the demangler recurses as deep as a name nests."""
LARGEST_OUTPUT = 16 << 20
"""A name of a few hundred bytes can refer to its own parts again and again, and stand for gigabytes."""

_REFERENCE = re.compile(r"S[0-9A-Z]*_|T[0-9L]*[0-9]*_")
_RUST_REFERENCE = re.compile(r"B[0-9A-Za-z]*_")
_MOST_REFERENCES = 200
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")
_RUST_MANGLED = re.compile(r"17h[0-9a-f]{16}E")
_RUST_ESCAPE = re.compile(r"\$(SP|BP|RF|LT|GT|LP|RP|C|u[0-9a-f]{1,6})\$")
_RUST_LETTERS = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}
_TAG = re.compile(r"\[abi:[^\]]*\]")
_CONST_FIRST = re.compile(r"\bconst\s+((?:(?:unsigned|signed|long|short)\s+)*[\w:]+)")
_SPACE = re.compile(r"\s+")
_NEEDLESS = re.compile(r"(?<!\w) | (?!\w)")
_LONG_STRING = re.compile(
    r"std::(?:__cxx11::)?basic_string<char,\s*std::char_traits<char>,\s*std::allocator<char>\s*>"
)
_INHERENT = re.compile(r"<([\w:]+)>::")
_PLAIN = re.compile(r"((?:\w+::)*~?\w+)\([^()]*\)(?: const)?$")
_WORD = re.compile(r"[^\W\d]\w*")
_NEVER_SPELLED = {"std", "string", "allocator", "ostream", "istream", "iostream", "lambda", "unnamed"} | {
    f"basic_{name}" for name in ("string", "istream", "ostream", "iostream")
}
"""Words that mangled names abbreviate (St, Ss, Sa, …), or that stand for what has no name."""


def demangle(name: str) -> str | None:
    """A mangled name in the words of its language; None where it is not mangled, or too long to be demangled."""
    name = name.partition("@")[0]
    if not name.startswith(MANGLED) or not _is_bounded(name):
        return None
    try:
        from pycxxfilt import demangle
    except ImportError:
        return None
    try:
        text = demangle(name)
    except (ValueError, MemoryError):
        return None
    if text is None:
        return None
    return _unescape_rust(text) if _RUST_MANGLED.search(name) else text


def _is_bounded(name: str) -> bool:
    """Whether a name is sure to be the mangled form of a text of sensible length.

    All but one in some hundred names of large programs are.
    """
    if len(name) > LONGEST or "\0" in name:
        return False
    # A part that is referred to three times, within one that is again, makes the most of its references.
    references = len((_RUST_REFERENCE if name.startswith("_R") else _REFERENCE).findall(name))
    copies = 3.0 ** (min(references, _MOST_REFERENCES) / 3)
    if name.startswith("_Z"):
        # A pack expansion repeats its pattern for each element of a pack, which stands behind a J.
        expansions = min(name.count("Dp") + name.count("sZ"), 20)
        copies *= float(max(3, len(name) - max(name.find("J"), 0))) ** expansions
    return bool(len(name) * copies <= LARGEST_OUTPUT)


def _unescape_rust(text: str) -> str:
    """The legacy mangling of Rust is a C++ name with a hash at the end and escapes within (rustc-demangle)."""
    parts = []
    for part in _RUST_HASH.sub("", text).split("::"):
        if part.startswith("_$"):
            part = part[1:]
        parts.append(_RUST_ESCAPE.sub(_rust_letter, part.replace("..", "::")))
    return "::".join(parts)


def _rust_letter(match: re.Match[str]) -> str:
    code = match[1]
    if code in _RUST_LETTERS:
        return _RUST_LETTERS[code]
    number = int(code[1:], 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else match[0]


def base_name(text: str) -> str:
    """A demangled name without return type, parameters and what follows them: `int ns::f<int>(char) const` is
    `ns::f<int>`. A part that the compiler split off, `f(int) (.cold)`, keeps its mark.
    """
    plain = _PLAIN.match(text)
    if plain and not plain[1].endswith("operator"):
        return plain[1]
    spans = _groups(text)
    if spans is None:
        return text
    end = len(text)
    mark = ""
    if spans and text[end - 1] == ")" and text[spans[-1][0] + 1 : spans[-1][0] + 2] == ".":
        start, _ = spans.pop()
        mark, end = text[start:end], start
    for start, _ in reversed(spans):
        if text[start] == "(" and not text.startswith("(anonymous namespace)", start):
            if not text[:start].endswith("operator"):
                end = start
            break
    head = text[:end].rstrip()
    begin = _after_return_type(head)
    return head[begin:] + mark


def _groups(text: str) -> list[tuple[int, int]] | None:
    """The outermost (…), <…> and {…}; None where they do not match."""
    spans = []
    depth, start, at = 0, 0, 0
    while at < len(text):
        letter = text[at]
        if letter == "o" and text.startswith("operator", at):
            at += 8
            for symbol in ("()", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "->*", "->", "<", ">"):
                if text.startswith(symbol, at):
                    at += len(symbol)
                    break
            continue
        if letter in "(<{[":
            if not depth:
                start = at
            depth += 1
        elif letter in ")>}]" and not (letter == ">" and text[at - 1] == "-"):
            depth -= 1
            if depth < 0:
                return None
            if not depth:
                spans.append((start, at))
        at += 1
    return spans if not depth else None


def _after_return_type(head: str) -> int:
    inside = [False] * len(head)
    for start, end in _groups(head) or []:
        inside[start : end + 1] = [True] * (end + 1 - start)
    begin = 0
    for at, letter in enumerate(head):
        if letter == " " and not inside[at] and "operator" not in head[begin:at]:
            begin = at + 1
    return begin


def normalize(text: str) -> str:
    """A C++ or Rust name with its optional spelling taken out: spaces, `const char *`, ABI tags, std::string."""
    text = _SPACE.sub(" ", _TAG.sub("", text.strip()))
    text = _LONG_STRING.sub("std::string", _CONST_FIRST.sub(r"\1 const", text))
    text = _NEEDLESS.sub("", text).replace("(void)", "()")
    # Rust's v0 mangling has `<shop::Cart>::add` where the legacy one has `shop::Cart::add`.
    inherent = _INHERENT.match(text)
    return text.replace(inherent[0], f"{inherent[1]}::", 1) if inherent else text


def without_arguments(name: str) -> str:
    """A base name without its generic arguments: `vector<int>::push_back` is `vector::push_back`."""
    spans = _groups(name) or []
    for start, end in reversed(spans):
        if name[start] == "<" and start:
            if name.endswith("::", 0, start):
                if name.startswith("impl ", start + 1):
                    continue
                start -= 2  # Rust's `f::<T>`
            name = name[:start] + name[end + 1 :]
    return name


def mangled_words(path: str) -> list[str]:
    """How the words of a path, `shop::Cart::add`, are sure to be spelled in its mangled name: `4shop`, `4Cart`, `3add`."""
    for start, end in reversed(_groups(path) or []):
        path = path[:start] + " " * (end + 1 - start) + path[end + 1 :]
    path = re.split(r"\boperator(?!\w)", path)[0]
    # Rust has one more `_` between the length and a word that begins with one.
    return [
        word if word[0] == "_" else f"{len(word)}{word}"
        for word in _WORD.findall(path)
        if word.isascii() and word not in _NEVER_SPELLED
    ]


class NameQuery:
    """What somebody wrote for a function, to compare demangled names with."""

    def __init__(self, text: str) -> None:
        self.text = normalize(text)
        base = normalize(base_name(self.text))
        self._has_parameters = base != self.text
        self._has_arguments = without_arguments(base) != base
        self.base = base
        self._words = [word for word in _WORD.findall(base) if word not in _NEVER_SPELLED]

    def key(self) -> bytes | None:
        """Bytes that every mangled form of the name has in it; None where no word of it is sure to be spelled out."""
        words = mangled_words(self.base)
        return words[-1].encode() if words else None

    def rank(self, demangled: str) -> int | None:
        """How well a demangled name fits: 0 as written, 1 but for parameters, 2 but for template arguments too."""
        if not all(word in demangled for word in self._words):
            return None
        full = normalize(demangled)
        if full == self.text:
            return 0
        if self._has_parameters:
            # The return type of a template is part of its name, and nobody's to know.
            return 0 if full.endswith(" " + self.text) else None
        base = normalize(base_name(demangled))
        if base == self.base:
            return 1
        if not self._has_arguments and without_arguments(base) == self.base:
            return 2
        return None
