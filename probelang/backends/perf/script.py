"""A POSIX shell script around perf: it defines probes, records them with their filters, and removes them again.

Everything out of a spec stands in single quotes. All names are made by the backend, so that no part of one is a pattern to
`perf probe -d`, and those that are to `perf record -e` are checked against the events that there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import __version__
from probelang.backends.tracefs.script import comment, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.backends.perf.model import Definition, Event, Selection

#: How many probes one `perf probe` is given: it takes 128 (MAX_PROBES of tools/perf/builtin-probe.c).
AT_ONCE = 100

_HEAD = r"""
set -u
umask 077
perf=${PERF:-perf}
tracing=/sys/kernel/tracing
[ -e "$tracing/dynamic_events" ] || tracing=/sys/kernel/debug/tracing
made=
there=
recorder=
status=0

say() {
	printf 'probelang: %s\n' "$*" >&2
}

# exists EVENT
exists() {
	[ -d "$tracing/events/$1" ]
}

# claim EVENT...: the names must be free; from here on the events are ours to remove
claim() {
	for event do
		if exists "$event"; then
			say "there is an event $event already; nothing was changed ($0 stop removes what this script defined)"
			exit 1
		fi
	done
	made=$*
	there=" $made $(numbered | tr '\n' ' ') "
}

# numbered: events that have the name of one of ours and a number
numbered() {
	for event in $made; do
		for path in "$tracing/events/$event"_[0-9]*; do
			[ -d "$path" ] && printf '%s\n' "${path#"$tracing/events/"}"
		done
	done
}

# more: those that perf has made besides, where a function is inlined
more() {
	for event in $(numbered); do
		case $there in
		*" $event "*) ;;
		*) printf '%s\n' "$event" ;;
		esac
	done
}

# define ARGUMENT...: perf probe
define() {
	before=$(tail -n 4 "$tracing/error_log" 2>/dev/null)
	if ! told=$("$perf" probe --no-inlines "$@" 2>&1); then
		for event in $made; do
			exists "$event" || break
		done
		fail "perf refused $event, or a probe behind it; nothing is left of what was defined before" "$told"
	fi
}

# defined: perf says nothing where it defines something else
defined() {
	for event in $made; do
		exists "$event" || fail "perf defined no event $event; nothing is left of what was defined before" "$told"
	done
	[ -z "$(more)" ] || fail "perf has debugging information, and probes where a function is inlined, too; nothing is left of what was defined before" "$(more)"
}

# fail MESSAGE TEXT: with what perf said, and the kernel if it did
fail() {
	say "$1"
	printf '%s\n' "$2" | sed '/^ *Usage:/,$d' >&2
	after=$(tail -n 4 "$tracing/error_log" 2>/dev/null)
	[ "$before" = "$after" ] || printf '%s\n' "$after" >&2
	undo
	exit 1
}

# own EVENT TEXT...: whether the event of this name is what this script defines, and not somebody else's
own() {
	exists "$1" || return 1
	shift
	lines=$(cat "$tracing/dynamic_events")
	for text do
		lines=$(printf '%s\n' "$lines" | grep -F -e "$text") || return 1
	done
}

# remove EVENT: as perf probe -d does, which is slow, and fails where group and event have more than 124 characters
remove() {
	exists "$1" || return 0
	{ printf '%s\n' "-:$1" >>"$tracing/dynamic_events"; } 2>/dev/null
	if exists "$1"; then
		say "cannot remove $1: something else uses it"
		status=1
	fi
}

# undo: removes what this run defined
undo() {
	trap '' HUP INT TERM
	for event in $made $(more); do
		remove "$event"
	done
	made=
}

# interrupted NUMBER: perf ends and writes what it has; whatever else is under way is taken back
interrupted() {
	if [ "$recorder" ]; then
		kill "$recorder" 2>/dev/null
		return
	fi
	say interrupted
	undo
	exit $((128 + $1))
}

# only PATTERN: a name that perf would take for something else is given as a pattern, which must fit one event
only() {
	set -- "$tracing"/events/$1
	[ $# -eq 1 ] && [ -d "$1" ] && return
	say "these events cannot be told apart by perf: $*"
	undo
	exit 1
}

# address SYMBOL OFFSET: where a variable is, for a hardware breakpoint
address() {
	found=$(grep -F " $1" /proc/kallsyms | while read -r where type name rest; do
		[ "$name" = "$1" ] && [ -z "$rest" ] && printf '%s\n' "$where"
	done)
	low=${found#????????}
	case $found in
	0000000000000000) ;;
	????????????????)
		low=$((0x$low + $2))
		[ $low -ge 0 ] && [ $low -le 4294967295 ] && printf '0x%s%08x\n' "${found%????????}" $low && return
		;;
	esac
	say "the address of $1 cannot be found in /proc/kallsyms"
	return 1
}

if [ ! -w "$tracing/dynamic_events" ]; then
	say "cannot write $tracing/dynamic_events: this needs root, and tracefs mounted (mount -t tracefs nodev /sys/kernel/tracing)"
	exit 1
fi
if ! command -v "$perf" >/dev/null; then
	say "there is no $perf; set PERF to where it is"
	exit 1
fi
"""

_USAGE = """\
#
# Usage: sh FILE [record] [ARGUMENT...]   defines the probes below, all or none, records, and removes them; ends with
#                                         Ctrl-C, or with a command: sh FILE record -o DATA -- COMMAND
#        sh FILE start                    defines them, for several `record` and other uses of perf
#        sh FILE stop                     removes them
# Arguments are those of perf record. Needs root. Read what was recorded: perf script"""

_DEBUGINFO = [
    "# Takes debugging information of the kernel: perf looks for it, and $VMLINUX says where it is."
]

_TRAPS = ["\ttrap 'interrupted 1' HUP", "\ttrap 'interrupted 2' INT", "\ttrap 'interrupted 15' TERM"]

_RECORD_END = """\
	[ "$recorder" ] || return
	while :; do
		wait "$recorder"
		status=$?
		# a signal ends the wait, and not perf
		kill -0 "$recorder" 2>/dev/null || break
	done
	# and perf may be gone since: the status is that of the wait then
	if [ $status -gt 128 ]; then
		wait "$recorder"
		again=$?
		[ $again -eq 127 ] || status=$again
	fi
	recorder=
	undo
	exit $status
}
"""

_MAIN = """\
case "${1-record}" in
start)
	start
	trap - HUP INT TERM
	;;
stop) stop ;;
record)
	[ $# -eq 0 ] || shift
	record "$@"
	;;
-*) record "$@" ;;
*)
	say "usage: sh $0 [record] [ARGUMENT...] | start | stop"
	exit 2
	;;
esac
"""


def render_script(events: Sequence[Event], names: Sequence[str], kernel: str, debuginfo: bool = False) -> str:
    """The script for some events; `names` are the spec's files, `kernel` what it was compiled for.

    With `debuginfo`, $VMLINUX can say where perf finds that of the kernel.
    """
    definitions = [definition for event in events for definition in event.definitions]
    selections = [selection for event in events for selection in event.selections]
    out = ["#!/bin/sh"]
    out.append(comment(f"# {', '.join(names)}: compiled by probelang {__version__} for perf and {kernel}"))
    out += [_USAGE, *(_DEBUGINFO if debuginfo else ())]
    out += [_HEAD.rstrip("\n"), ""]
    out += _start(definitions, debuginfo)
    out += _started(definitions)
    out += _record(selections)
    out += ["stop() {"]
    out += [f"\town {_own(one)} && remove {quote(one.name)}" for one in reversed(definitions)]
    out += ["\texit $status", "}", "", _MAIN]
    return "\n".join(out)


def _start(definitions: Sequence[Definition], debuginfo: bool) -> list[str]:
    out = ["start() {", *_TRAPS]
    if definitions:
        out.append("\tclaim " + " \\\n\t\t".join(quote(one.name) for one in definitions))
    for same in _by_target(definitions):
        of_kernel = same[0].program is None and same[0].module is None
        vmlinux = ['${VMLINUX:+-k "$VMLINUX"}'] if debuginfo and of_kernel else []
        words = [*vmlinux, *_target(same[0]), *(f"-a {quote(one.text)}" for one in same)]
        out.append("\tdefine " + " \\\n\t\t".join(words))
    return [*out, "\tdefined", "}", ""]


def _started(definitions: Sequence[Definition]) -> list[str]:
    """Whether `start` was called before, so that `record` leaves the probes as they are."""
    if not definitions:
        return ["started() {", "\treturn 1", "}", ""]
    checks = " &&\n\t\t".join(f"own {_own(one)}" for one in definitions)
    return ["# started: whether all probes are there", "started() {", f"\t{checks}", "}", ""]


def _record(selections: Sequence[Selection]) -> list[str]:
    out = ["record() {", "\tstarted || start"]
    if not selections:
        return [
            *out,
            "\tsay 'all probes are disabled: there is nothing to record'",
            "\tundo",
            "\texit 1",
            "}",
            "",
        ]
    out += _TRAPS
    words: list[str] = []
    watches = 0
    for selection in selections:
        if selection.pattern is not None:
            out.append(f"\tonly {quote(selection.pattern)}")
        text = quote(selection.text)
        if selection.watch is not None:
            target = selection.watch
            watches += 1
            if target.symbol is None:
                text = quote(f"mem:{target.address:#x}{selection.text}")
            else:
                out.append(
                    f"\twatch{watches}=$(address {quote(target.symbol)} {target.address}) || {{ undo; exit 1; }}"
                )
                text = f'"mem:$watch{watches}"{text}'
        filter = f" --filter {quote(selection.filter)}" if selection.filter is not None else ""
        # perf writes and reads as well: what it does for a hit may be the next hit
        words.append(f"-e {text}{filter}" + (" --exclude-perf" if selection.watch is None else ""))
    out += ["\t# a command in the background would have no input", "\texec 3<&0"]
    out.append("\t" + " \\\n\t\t".join(['"$perf" record -a', *words, '"$@" <&3 3<&- &']))
    return [*out, "\trecorder=$!", _RECORD_END]


def _own(definition: Definition) -> str:
    return " ".join(quote(text) for text in (definition.name, *definition.marks))


def _by_target(definitions: Iterable[Definition]) -> list[list[Definition]]:
    """The probes that one `perf probe` defines: those of the kernel, or of one program or module, in the order of the spec."""
    groups: dict[tuple[str | None, str | None], list[Definition]] = {}
    for definition in definitions:
        groups.setdefault((definition.program, definition.module), []).append(definition)
    return [
        same[start : start + AT_ONCE] for same in groups.values() for start in range(0, len(same), AT_ONCE)
    ]


def _target(definition: Definition) -> list[str]:
    if definition.program is not None:
        return [f"-x {quote(definition.program)}"]
    return [f"-m {quote(definition.module)}"] if definition.module is not None else []


def render_commands(events: Sequence[Event]) -> str:
    """The bare commands that define the probes, a line each, for a shell."""
    return "".join(
        " ".join(["perf probe --no-inlines", *_target(definition), f"-a {quote(definition.text)}"]) + "\n"
        for event in events
        for definition in event.definitions
    )
