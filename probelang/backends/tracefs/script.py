"""A POSIX shell script that defines, filters and enables events, all or none, and removes them again.

Everything out of a spec stands in single quotes. A filter is checked by reading it back, because the kernel keeps the text of
one that it refused, and leaves the event unfiltered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import __version__
from probelang.probes import FunctionTarget, TracepointTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.backends.tracefs.events import Definition, Event

_HEAD = r"""
set -u
umask 077
tracing=/sys/kernel/tracing
[ -e "$tracing/dynamic_events" ] || tracing=/sys/kernel/debug/tracing
made=

say() {
	printf 'probelang: %s\n' "$*" >&2
}

# exists EVENT
exists() {
	[ -d "$tracing/events/$1" ]
}

# put FILE TEXT: adds a line to a file of tracefs, and says nothing itself if the kernel refuses it
put() {
	{ printf '%s\n' "$2" >>"$tracing/$1"; } 2>/dev/null
}

# refused WHAT: takes everything back
refused() {
	say "the kernel refused $1; nothing is left of what was defined before"
	tail -n 4 "$tracing/error_log" >&2 2>/dev/null
	undo
	exit 1
}

# define EVENT COMMAND: another COMMAND of the same EVENT gives it another point
define() {
	if ! mine "$1"; then
		if exists "$1"; then
			say "there is an event $1 already; nothing was changed ($0 stop removes what this script defined)"
			undo
			exit 1
		fi
		made="$1 $made"
	fi
	put dynamic_events "$2" && exists "$1" || refused "the event: $2"
}

# filter EVENT TEXT
filter() {
	put "events/$1/filter" "$2" && [ "$(cat "$tracing/events/$1/filter")" = "$2" ] || refused "the filter of $1: $2"
}

# trigger EVENT TEXT
trigger() {
	put "events/$1/trigger" "$2" || refused "the trigger of $1: $2"
}

# enable EVENT
enable() {
	put "events/$1/enable" 1 || refused "to enable $1"
}

# mine EVENT: whether this run defined it
mine() {
	case " $made " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# own EVENT LISTED: whether the event of this name is what this script defines, and not somebody else's
own() {
	grep -qF "$2" "$tracing/dynamic_events"
}

# untrigger EVENT TEXT
untrigger() {
	exists "$1" && put "events/$1/trigger" "!$2"
}

# remove EVENT
remove() {
	exists "$1" || return 0
	put "events/$1/enable" 0
	put dynamic_events "-:$1"
	if exists "$1"; then
		say "cannot remove $1: something else uses it"
		status=1
	fi
}

if [ ! -w "$tracing/dynamic_events" ]; then
	say "cannot write $tracing/dynamic_events: this needs root, and tracefs mounted (mount -t tracefs nodev /sys/kernel/tracing)"
	exit 1
fi
"""

_LOADED = r"""
# loaded MODULE: else the kernel refuses its functions without saying why, or takes them and waits for ever
loaded() {
	grep -q "^$1 " /proc/modules && return
	say "the module $1 is not loaded (modprobe $1 loads it); nothing was changed"
	exit 1
}
"""


def needed_modules(events: Sequence[Event]) -> list[str]:
    """The modules that some events are in, by name."""
    targets = [site.target for event in events for site in event.probe.sites]
    named = [target.module for target in targets if isinstance(target, FunctionTarget | TracepointTarget)]
    return sorted({module for module in named if module})


def quote(text: str) -> str:
    """As one word of a shell, whatever it is."""
    return "'" + text.replace("'", "'\\''") + "'"


def comment(text: str) -> str:
    """As the rest of one comment line, whatever it is."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _is_synthetic(definition: Definition) -> bool:
    return definition.name.startswith("synthetic/")


def render_script(events: Sequence[Event], names: Sequence[str], kernel: str) -> str:
    """The script for some events; `names` are the spec's files, `kernel` what it was compiled for."""
    out = ["#!/bin/sh"]
    out.append(comment(f"# {', '.join(names)}: compiled by probelang {__version__} for {kernel}"))
    out.append("#")
    out.append(
        "# Usage: sh FILE [start|stop]. `start` defines the events below, all or none; `stop` removes them."
    )
    out.append("# Needs root. Read what they record in trace_pipe of tracefs.")
    out.append(_HEAD.rstrip("\n"))
    modules = needed_modules(events)
    if modules:
        out += ["", _LOADED.strip("\n")]
    out += ["", "start() {", "\ttrap 'say interrupted; undo; exit 1' HUP INT TERM"]
    out.extend(f"\tloaded {quote(module)}" for module in modules)
    for event in events:
        for definition in event.definitions:
            name = quote(definition.name)
            out.extend(f"\tdefine {name} {quote(command)}" for command in definition.commands)
        if event.filter is not None:
            out.append(f"\tfilter {quote(event.name)} {quote(event.filter)}")
        out.extend(f"\ttrigger {quote(name)} {quote(text)}" for name, text in event.triggers)
    out.extend(f"\tenable {quote(event.name)}" for event in events if not event.probe.disabled)
    out += ["\ttrap - HUP INT TERM", "}", ""]
    out += [
        "# clear CHECK: removes the events for which CHECK is true, the last first",
        "clear() {",
        "\tstatus=0",
    ]
    for event in reversed(events):
        listed = {definition.name: quote(definition.listed) for definition in event.definitions}
        out.extend(
            f'\t"$1" {quote(name)} {listed[name]} && untrigger {quote(name)} {quote(text)}'
            for name, text in reversed(event.triggers)
        )
        # what feeds a synthetic event goes before it, and so does what sits on it
        backwards = event.definitions[::-1]
        out.extend(
            f'\t"$1" {quote(d.name)} {listed[d.name]} && remove {quote(d.name)}'
            for d in sorted(backwards, key=_is_synthetic)
        )
    out += [
        "\treturn $status",
        "}",
        "",
        "stop() {",
        "\tclear own",
        "}",
        "",
        "undo() {",
        "\tclear mine",
        "}",
        "",
    ]
    out += [
        'case "${1-start}" in',
        "start) start ;;",
        "stop) stop ;;",
        "*)",
        '\tsay "usage: sh $0 [start|stop]"',
        "\texit 2",
    ]
    out += ["\t;;", "esac", ""]
    return "\n".join(out)
