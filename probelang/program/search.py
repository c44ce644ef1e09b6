"""Symbols by name, over all the tables of a program: as the table has the name, by version, or in a language's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.near import MAX_NEAR, find_near
from probelang.program.elf import PF_X
from probelang.program.symbols import LONGEST_NAME, MANGLED, RawSymbol, Symbol, SymbolTable
from probelang.program.versions import SymbolVersions, Version
from probelang.record import record

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from probelang.program.elf import Elf

MOST_LISTED = 8
"""Symbols that a name of many places is answered with; the others are only counted."""
_MOST_ALIASES = 8
_MOST_FOR_NEAR = 20_000
_MOST_DEMANGLED = 200_000
_MOST_TEXT = 64 << 20
"""Letters of demangled names that one question makes: all those of a large browser, and no more of a hostile file's."""
_TOUCHABLE = {"func", "ifunc", "object", "notype", "tls"}


@record
class _Named:
    table: SymbolTable
    raw: RawSymbol
    name: str
    version: str
    is_default: bool


_PREFERENCES: tuple[Callable[[_Named], bool], ...] = (
    lambda one: one.raw.is_function,
    lambda one: not one.version or one.is_default,
    lambda one: one.raw.binding != "local",
    # The destructor that frees the object (D0) calls the one that does not.
    lambda one: "D0Ev" not in one.name,
)


class SymbolSearch:
    """The tables of a program, the most complete first; symbols of several tables are one where they agree."""

    def __init__(self, elf: Elf, tables: list[SymbolTable]) -> None:
        self._elf = elf
        self._tables = tables
        self._versions: SymbolVersions | None = None

    @property
    def has_all(self) -> bool:
        """Whether the tables have every function, not only those that other programs see."""
        return any(table.origin in ("symtab", "debug file", "gnu_debugdata") for table in self._tables)

    def find(self, text: str) -> tuple[list[Symbol], int]:
        """The symbols that a name stands for, one for each address: the first `MOST_LISTED`, and how many there are."""
        name, at, version = text.partition("@")
        version = version.removeprefix("@")
        if not name or len(name) > LONGEST_NAME or (at and not version):
            return [], 0
        encoded = name.encode("utf-8", "surrogateescape")
        hits = [(table, raw) for table in self._tables for raw in table.find(encoded)]
        found = self._choose(hits, version)
        if found[1] or name.startswith(MANGLED):
            return found
        return self._choose(self._find_words(name), version)

    def find_import(self, name: str) -> str | None:
        """See `Program.find_import`."""
        for table in self._tables:
            if table.origin == "dynsym":
                for raw in table.find(name.partition("@")[0].encode("utf-8", "surrogateescape")):
                    if raw.section == 0:
                        version = self._find_version(raw)
                        return (version[0].library or "") if version else ""
        return None

    def function_at(self, address: int) -> Symbol | None:
        """See `Program.function_at`."""
        for table in self._tables:
            raw = table.covering(address)
            if raw is not None:
                return self._symbol(self._name(table, raw))
        return None

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """See `Program.symbols_matching`."""
        match = pattern.fullmatch
        parts = ".cold" in pattern.pattern
        if "::" not in pattern.pattern:
            return sorted(
                {name for name in self._function_names() if match(name) and (parts or ".cold" not in name)}
            )
        from probelang.program.demangle import base_name, mangled_words, normalize

        words = mangled_words(_literal_path(pattern.pattern))
        found = set()
        for name, text in self._demangled(name for name in self._function_names() if _has(name, words)):
            base = normalize(base_name(text))
            if match(base) and (parts or "(.cold" not in base):
                found.add(name)
        return sorted(found)

    def find_near(self, name: str) -> tuple[str, ...]:
        """At most three names of functions that may have been meant."""
        name = name.partition("@")[0]
        if len(name) > LONGEST_NAME:
            return ()
        names = list(self._function_names())
        near = []
        if not name.startswith(MANGLED):
            from probelang.program.demangle import NameQuery, base_name, mangled_words, normalize

            query = NameQuery(name)
            last = query.base.rpartition("::")[2]
            some = [other for other in dict.fromkeys(names) if other.startswith(MANGLED)]
            if len(some) > _MOST_FOR_NEAR:
                # One word at least of those that were written should be right.
                words = mangled_words(query.base)
                some = [other for other in some if any(word in other for word in words)]
            bases = {normalize(base_name(text)) for _, text in self._demangled(some)}
            near = sorted([base for base in bases if base.endswith(f"::{last}")], key=_length_and_text)
            near += find_near(query.base, bases)
        near += [other.partition("@")[0] for other in find_near(name, names)]
        return tuple(dict.fromkeys(near))[:MAX_NEAR]

    def near_variables(self, name: str) -> tuple[str, ...]:
        """See `Program.near_variables`."""
        if len(name) > LONGEST_NAME:
            return ()
        names = {other.partition("@")[0] for table in self._tables for other in table.variable_names()}
        return tuple(find_near(name, names))[:MAX_NEAR]

    def _find_words(self, name: str) -> list[tuple[SymbolTable, RawSymbol]]:
        """Symbols that C++ or Rust names so, of the best rank that there is."""
        from probelang.program.demangle import NameQuery

        query = NameQuery(name)
        key = query.key()
        best: dict[int, list[tuple[SymbolTable, set[int]]]] = {0: [], 1: [], 2: []}
        for table in self._tables:
            places: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
            by_name: dict[str, list[int]] = {}
            for place, raw in table.strings_containing(key or b"_Z").items():
                by_name.setdefault(raw.decode("utf-8", "replace"), []).append(place)
            for mangled, text in self._demangled(by_name):
                rank = query.rank(text)
                if rank is not None:
                    places[rank].update(by_name[mangled])
            for rank, some in places.items():
                if some:
                    best[rank].append((table, some))
        for chosen in best.values():
            hits = [(table, raw) for table, places_ in chosen for raw in table.named_at(places_)]
            if any(raw.is_defined for _, raw in hits):
                return hits
        return []

    def _choose(self, hits: list[tuple[SymbolTable, RawSymbol]], version: str) -> tuple[list[Symbol], int]:
        """One symbol for each address, of those that go before others; the first few, and how many there are."""
        places: dict[int, _Named] = {}
        for table, raw in hits:
            if raw.is_defined and raw.kind in _TOUCHABLE:
                named = self._name(table, raw)
                if not version or named.version == version:
                    kept = places.get(raw.address)
                    if kept is None or (not kept.version and named.version):
                        places[raw.address] = named
        found = list(places.values())
        for preferred in _PREFERENCES:
            found = [one for one in found if preferred(one)] or found
        found.sort(key=lambda one: one.raw.address)
        return [self._symbol(one) for one in found[:MOST_LISTED]], len(found)

    def _name(self, table: SymbolTable, raw: RawSymbol) -> _Named:
        name, _, written = table.name(raw).partition("@")
        version, is_default = written.removeprefix("@"), written.startswith("@")
        if table.origin == "dynsym":
            known = self._find_version(raw)
            if known is not None:
                version, is_default = known[0].name, known[1]
        return _Named(table, raw, name, version, is_default)

    def _symbol(self, named: _Named) -> Symbol:
        table, raw, name = named.table, named.raw, named.name
        offset = None
        if raw.kind != "tls":
            offset = self._elf.offset_of(raw.address, PF_X)
            if offset is None and not raw.is_function:
                offset = self._elf.offset_of(raw.address)
        sections = table.elf.sections
        return Symbol(
            name,
            _demangle(name) if name.startswith(MANGLED) else None,
            raw.address,
            raw.size,
            offset,
            raw.kind,
            raw.binding,
            version=named.version or None,
            is_default=named.is_default,
            section=sections[raw.section].name if raw.section < len(sections) else None,
            table=table.origin,
            aliases=self._aliases(name, raw) if raw.is_function else (),
        )

    def _aliases(self, name: str, raw: RawSymbol) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for table in self._tables:
            for other in table.at_address(raw.address):
                if other.is_function and other.is_defined:
                    names[table.name(other).partition("@")[0]] = None
                if len(names) > _MOST_ALIASES:
                    break
        names.pop(name, None)
        return tuple(names)[:_MOST_ALIASES]

    def _find_version(self, raw: RawSymbol) -> tuple[Version, bool] | None:
        if self._versions is None:
            self._versions = SymbolVersions(self._elf)
        return self._versions.find(raw.number)

    def _function_names(self) -> Iterator[str]:
        for table in self._tables:
            for name in table.function_names():
                yield name.partition("@")[0]

    def _demangled(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        left, letters = _MOST_DEMANGLED, _MOST_TEXT
        for name in names:
            if name.startswith(MANGLED):
                text = _demangle(name)
                if text is not None:
                    yield name, text
                    letters -= len(text)
                left -= 1
                if left <= 0 or letters <= 0:
                    return


def _demangle(name: str) -> str | None:
    # Importing it compiles a dozen patterns, which a name of C does not need.
    from probelang.program.demangle import demangle

    return demangle(name)


def _length_and_text(name: str) -> tuple[int, str]:
    return len(name), name


def _has(name: str, words: list[str]) -> bool:
    return all(word in name for word in words)


def _literal_path(pattern: str) -> str:
    """The namespaces and classes that a pattern begins with and that stand there letter by letter."""
    if "|" in pattern:
        return ""
    length = 0
    while length < len(pattern) and (pattern[length] in "_:" or pattern[length].isalnum()):
        length += 1
    return pattern[:length].rpartition("::")[0]
