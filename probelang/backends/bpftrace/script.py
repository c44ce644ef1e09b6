"""One script of bpftrace for some events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import __version__
from probelang.backends.bpftrace.text import comment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.backends.bpftrace.events import Event


def usage(events: Sequence[Event]) -> str:
    """How the script is run: the options and parameters that it takes."""
    words = ["bpftrace", *(["--unsafe"] if any(event.unsafe for event in events) else []), "FILE"]
    return " ".join([*words, *(f"ADDRESS_OF_{symbol}" for symbol in symbols(events))])


def symbols(events: Sequence[Event]) -> list[str]:
    """What is at the addresses that the script takes for its parameters, in order."""
    named = [clause.symbol for event in events for clause in event.clauses if not event.probe.disabled]
    return list(dict.fromkeys(symbol for symbol in named if symbol is not None))


def render_script(events: Sequence[Event], names: Sequence[str], kernel: str, dialect: Dialect) -> str:
    """The script for some events; `names` are the spec's files, `kernel` what it was compiled for."""
    enabled = [event for event in events if not event.probe.disabled]
    out = ["#!/usr/bin/env bpftrace"]
    out.append(
        comment(
            f"// {', '.join(names)}: compiled by probelang {__version__} for {kernel} and {dialect.title}"
        )
    )
    out.append("//")
    out.append(comment(f"// Usage: {usage(enabled)}"))
    if symbols(enabled):
        more = ", and add what is behind the +" if any("+" in symbol for symbol in symbols(enabled)) else ""
        out.append(
            f"// The address of NAME, in hex and with 0x before it: grep ' NAME$' /proc/kallsyms{more}"
        )
    out.append(
        "// Needs root. Each hit is a line, in the form of the trace file of tracefs. Control-C ends it."
    )
    if dialect.config:
        out += [
            "",
            "config = {",
            f"\tmax_strlen = {dialect.max_string};",
            f"\ton_stack_limit = {dialect.on_stack};",
            '\tstr_trunc_trailer = "";',
            "}",
        ]
    parameters = {symbol: number for number, symbol in enumerate(symbols(enabled), 1)}
    for event in events:
        out.append("")
        if event.probe.disabled:
            out.append(f"// {event.name} is disabled")
            continue
        out.append(f"// {event.name}")
        out += [clause.render(parameters.get(clause.symbol or "", 0)) for clause in event.clauses]
    if not enabled:
        out += ["", "BEGIN", "{", "\texit();", "}"]
    maps = [map for event in enabled for map in event.maps]
    if maps:
        out += ["", "END", "{", *(f"\tclear({map});" for map in maps), "}"]
    return "\n".join(out) + "\n"
