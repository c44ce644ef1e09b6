"""The text of a file of settings, read and checked: what is wrong is said at its place, with a near name."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from probelang.config import MAX_SIZE, Config, ConfigError, PerFile
from probelang.diagnostics import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.diagnostics import Severity
    from probelang.toml_places import Path

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class _Wrong(Exception):
    """A message and the path of what it is about; `key` where it is the key and not its value."""

    def __init__(self, path: Path, message: str, key: bool = False) -> None:
        self.path = path
        self.message = message
        self.key = key


def parse_config(path: str, data: bytes, table: tuple[str, ...]) -> Config | None:
    """The settings in the bytes of a file, below `table`; None where that is not there. Raises ConfigError."""
    if len(data) > MAX_SIZE:
        raise ConfigError(path, f"it is larger than {MAX_SIZE >> 20} MiB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, "this is not UTF-8", line, column) from None
    text = text.replace("\r\n", "\n")
    content: Any = _load(path, text)
    for name in table:
        content = content.get(name) if isinstance(content, dict) else None
    if content is None:
        return None
    root = os.path.dirname(os.path.abspath(path))
    try:
        return Config(path=path, root=root, **_read(content, table, _TOP, root))
    except _Wrong as wrong:
        raise ConfigError(path, wrong.message, *_place(text, wrong)) from None


def _load(path: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(path, "it is nested too deeply") from None
    except ValueError as error:
        message = str(error)
        match = _POSITION.search(message)
        if match is None:
            raise ConfigError(path, f"it is no TOML: {message}") from None
        line, column = int(match[1] or 0), int(match[2] or 0)
        if not line:
            line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        raise ConfigError(path, f"it is no TOML: {message[: match.start()]}", line, column) from None


def _place(text: str, wrong: _Wrong) -> tuple[int, int]:
    from probelang.source import Source
    from probelang.toml_places import find_places

    places = find_places(text)
    path = wrong.path
    while path and path not in places:
        path = path[:-1]
    if path not in places:
        return 1, 1
    found = places[path]
    return Source("", text).position(found.key if wrong.key else found.value)


def _read(
    content: Any, path: Path, known: dict[str, Callable[[Any, Path, str], Any]], root: str
) -> dict[str, Any]:
    """The values of a table by the names of their fields."""
    if not isinstance(content, dict):
        raise _Wrong(path, f"`{path[-1]}` is a table, not {_kind(content)}")
    made: dict[str, Any] = {}
    for key, value in content.items():
        where = (*path, key)
        reader = known.get(key)
        if reader is None:
            raise _Wrong(where, f"there is no setting `{_shown(key)}`{_near(key, known)}", key=True)
        made[key.replace("-", "_")] = reader(value, where, root)
    if "extend_ignore" in made:
        made["ignore"] = (*made.get("ignore", ()), *made.pop("extend_ignore"))
    return made


def _near(word: str, known: dict[str, Any]) -> str:
    from probelang.check.report import near_names, suggest

    near = near_names(word.lower().replace("_", "-"), known) if len(word) <= 60 else []
    hint = suggest(near)
    return f": {hint}" if hint else f"; there are {', '.join(f'`{name}`' for name in known)}"


def _shown(word: str) -> str:
    from probelang.selection import shown

    return shown(word)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "a date"


def _string(value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise _Wrong(path, f"this must be a string, not {_kind(value)}")
    if not value or "\0" in value:
        raise _Wrong(path, "this is empty" if not value else "no name has a zero byte")
    return value


def _strings(value: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        hint = f': ["{value}"]' if isinstance(value, str) and value.isprintable() and len(value) < 60 else ""
        raise _Wrong(path, f"`{path[-1]}` is a list of strings{hint}, not {_kind(value)}")
    return tuple(_string(one, (*path, number)) for number, one in enumerate(value))


def _kernels(value: Any, path: Path, root: str) -> tuple[str, ...]:
    from probelang.kernel.load import RUNNING, bundled_kernels

    names = _strings(value, path)
    if not names:
        raise _Wrong(path, "a spec is checked for one kernel at least")
    made = []
    for number, name in enumerate(names):
        if name == RUNNING or name in bundled_kernels():
            made.append(name)
            continue
        place = os.path.join(root, os.path.expanduser(name))
        if not os.path.exists(place):
            known = ", ".join((*bundled_kernels(), RUNNING))
            raise _Wrong(
                (*path, number),
                f"no kernel `{_shown(name)}`: there are {known}, and no file or folder of that name is here",
            )
        made.append(os.path.normpath(place))
    return tuple(dict.fromkeys(made))


def _one_of(choices: tuple[str, ...]) -> Callable[[Any, Path, str], str]:
    def read(value: Any, path: Path, root: str) -> str:
        word = _string(value, path)
        if word not in choices:
            raise _Wrong(path, f"`{_shown(word)}` is none of {', '.join(choices)}")
        return word

    return read


def _target(value: Any, path: Path, root: str) -> str:
    from probelang.backends import BACKENDS

    word = _string(value, path)
    if word not in BACKENDS:
        known = dict.fromkeys(BACKENDS)
        raise _Wrong(path, f"there is no target `{_shown(word)}`{_near(word, known)}")
    return word


def _version(value: Any, path: Path, root: str) -> tuple[int, int]:
    from probelang.backends import BPFTRACE_VERSIONS

    if isinstance(value, float):
        raise _Wrong(path, f'this must be a string, "{value:.2f}", not a number')
    return BPFTRACE_VERSIONS[_one_of(tuple(BPFTRACE_VERSIONS))(value, path, root)]


def _flag(value: Any, path: Path, root: str) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(path, f"this must be true or false, not {_kind(value)}")
    return value


def _selectors(value: Any, path: Path, root: str) -> tuple[str, ...]:
    return tuple(_selector(word, (*path, number)) for number, word in enumerate(_strings(value, path)))


def _selector(word: str, path: Path, key: bool = False) -> str:
    from probelang.selectors import SelectorError, check_selector

    try:
        return check_selector(word)
    except SelectorError as error:
        raise _Wrong(path, str(error), key) from None


def _severity(value: Any, path: Path, root: str) -> tuple[tuple[str, Severity], ...]:
    if not isinstance(value, dict):
        raise _Wrong(path, f'`severity` is a table, {{ PRB606 = "error" }}, not {_kind(value)}')
    made = []
    for key, level in value.items():
        where = (*path, key)
        selector = _selector(key, where, key=True)
        word = _string(level, where).lower()
        if word not in SEVERITIES:
            hint = "; `ignore` has the rules that are not asked" if word in ("off", "none", "ignore") else ""
            raise _Wrong(where, f"`{_shown(word)}` is none of {', '.join(SEVERITIES)}{hint}")
        made.append((selector, SEVERITIES[word]))
    return tuple(made)


def _patterns(value: Any, path: Path, root: str) -> tuple[str, ...]:
    patterns = _strings(value, path)
    for number, pattern in enumerate(patterns):
        _check_pattern(pattern, (*path, number), False)
    return patterns


def _check_pattern(pattern: str, path: Path, key: bool) -> None:
    if pattern.startswith(("/", "~", "../", "!")) or len(pattern) > 1000:
        raise _Wrong(path, "a pattern is for paths below the folder of this file", key)


def _per_file(value: Any, path: Path, root: str) -> tuple[PerFile, ...]:
    if not isinstance(value, dict):
        raise _Wrong(path, f"`per-file` is a table of patterns, not {_kind(value)}")
    made = []
    for pattern, content in value.items():
        where = (*path, pattern)
        if pattern in _TOP and not isinstance(content, dict):
            raise _Wrong(where, 'this stands in a table of a pattern: [… .per-file."*.probe"]', True)
        _check_pattern(pattern, where, True)
        made.append(PerFile(pattern, **_read(content, where, _EACH, root)))
    return tuple(made)


_EACH: dict[str, Callable[[Any, Path, str], Any]] = {
    "kernels": _kernels,
    "target": _target,
    "bpftrace-version": _version,
    "debuginfo": _flag,
    "ignore": _selectors,
    "severity": _severity,
}
_TOP: dict[str, Callable[[Any, Path, str], Any]] = {
    **_EACH,
    "select": _selectors,
    "extend-select": _selectors,
    "extend-ignore": _selectors,
    "files": _patterns,
    "exclude": _patterns,
    "per-file": _per_file,
}
