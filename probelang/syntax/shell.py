"""Lines of a shell that were pasted into a spec: `perf probe …`, `bpftrace -e …`, `echo … >kprobe_events`; and SystemTap's `probe`."""

from __future__ import annotations

import re

from probelang.syntax.bpftrace import read_clauses

_PROMPT = r"(?:[#$%]\s+)?(?:sudo\s+)?"
_COMMANDS = re.compile(
    rf"{_PROMPT}(?:\S*/)?(perf|bpftrace|echo|trace-cmd|stap|bcc|trace|funccount|kprobe)\s+(.*)", re.DOTALL
)
_QUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"")
_EVENT = re.compile(
    r"(?:(?:(?P<group>\w+):)?(?P<event>\w+)=)?(?P<point>[\w.@/-]+(?:\+\w+)?(?::\d+)?)(?P<returns>%return)?(?P<args>(?:\s+\S+)*)"
)
_STAP = re.compile(
    r'probe\s+(?:(?P<space>kernel|module|process)(?:\("(?P<path>[^"]*)"\))?\.)?(?P<kind>function|statement|trace|syscall|mark)'
    r'(?:\("(?P<name>[^"@]*)[^"]*"\)|\.(?P<call>\w+))(?P<returns>\.return)?'
)


def write_pasted(line: str) -> tuple[str, str] | None:
    """Which tool a line was for, and what it is in a spec, "" where that cannot be said; None for another line."""
    stap = _STAP.match(line)
    if stap:
        return "SystemTap", _write_stap(stap, line[stap.end() :])
    match = _COMMANDS.match(line)
    if match is None:
        return None
    tool, rest = match.groups()
    if tool == "perf":
        return ("perf", _write_perf(rest[5:])) if re.match(r"probe\s", rest) else ("perf", "")
    if tool == "bpftrace":
        quoted = _QUOTED.search(rest) if re.search(r"(?:^|\s)-e\s", rest) else None
        script = _unquoted(quoted) if quoted else ""
        clause = read_clauses(script, 0, len(script)) if script else None
        return "bpftrace", clause.text if clause is not None else ""
    if tool == "echo":
        if not re.search(r">>?\s*\S*(?:kprobe|uprobe|dynamic)_events", rest):
            return None
        from probelang.syntax.words import write_command

        quoted = _QUOTED.search(rest)
        command = _unquoted(quoted) if quoted else rest.partition(">")[0]
        return "the shell", write_command(command.strip()) or ""
    return tool, ""


#: What `perf probe` does besides defining events.
_OTHER_ACTIONS = ("-L", "--line", "-V", "--vars", "-F", "--funcs", "-l", "--list", "-d", "--del")


def _unquoted(match: re.Match[str]) -> str:
    return match[1] if match[1] is not None else re.sub(r"\\(.)", r"\1", match[2])


def _write_perf(rest: str) -> str:
    """`perf probe`'s definition of an event as a probe; "" where it is none, or not one that is said in the same words."""
    program = ""
    words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", rest)
    definition: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word in _OTHER_ACTIONS:
            return ""
        if word in ("-x", "--exec"):
            at += 1
            program = words[at].strip("'\"") if at < len(words) else ""
        elif word.startswith("--exec="):
            program = word[7:].strip("'\"")
        elif word in ("-m", "--module", "-k", "--vmlinux", "-s", "--source"):
            at += 1
        elif word.startswith("--add="):
            definition.append(word[6:].strip("'\""))
        elif not word.startswith("-"):
            definition.append(word.strip("'\""))
        at += 1
    match = _EVENT.fullmatch(" ".join(definition))
    if match is None:
        return ""
    point = match["point"]
    if re.search(r"\.[cS]:\d+$|@", point) and "@" in point:
        point = point.partition("@")[0]
    args = [re.sub(r"^([A-Za-z_]\w*)=", r"\1 = ", arg) for arg in match["args"].split()]
    block = " { " + ", ".join(args) + " }" if args else ""
    name = f"{match['group'] + '/' if match['group'] else ''}{match['event']} = " if match["event"] else ""
    kind, place = ("uprobe", f"{program}:{point}") if program else ("kprobe", point)
    return f"{name}{kind} {place}{match['returns'] or ''}{block}"


def _write_stap(match: re.Match[str], rest: str) -> str:
    """A probe of SystemTap, by way of what it would be in bpftrace."""
    name = match["name"] or match["call"] or ""
    returns = match["returns"] is not None
    if not re.fullmatch(r"[\w*?.]+", name) or "{" not in rest:
        return ""
    match match["space"], match["kind"]:
        case "kernel", "function":
            point = f"{'kretprobe' if returns else 'kprobe'}:{name}"
        case "module", "function":
            point = f"{'kretprobe' if returns else 'kprobe'}:{match['path']}:{name}"
        case "process", "function":
            point = f"{'uretprobe' if returns else 'uprobe'}:{match['path']}:{name}"
        case "kernel", "trace":
            point = f"rawtracepoint:{name}"
        case None, "syscall":
            point = f"tracepoint:syscalls:sys_{'exit' if returns else 'enter'}_{name}"
        case _:
            return ""
    for pattern, replacement in _STAP_WORDS:
        rest = re.sub(pattern, replacement, rest)
    clause = read_clauses(point + " " + rest, 0, len(point) + 1 + len(rest))
    return clause.text if clause is not None else ""


_STAP_WORDS = (
    (r"\$return\b", "retval"),
    (r"@?\$\$?(\w+)", r"\1"),
    (r"\bexecname\(\)", "comm"),
    (r"\b(pid|tid|cpu)\(\)", r"\1"),
    (r"\bgettimeofday_[mun]s\(\)", "nsecs"),
    (r"\b(?:kernel|user)_string(?:_n|_quoted)?\(", "str("),
    (r"\bprintln\(", "print("),
)


def write_bare(line: str) -> str:
    """`vfs_read%return $retval`, as perf takes it, as a probe; "" where it is not that."""
    return _write_perf(line)
