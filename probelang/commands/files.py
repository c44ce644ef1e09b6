"""The files of tracefs that take raw commands, and which of a user's files hold such, by their names."""

from __future__ import annotations

DYNAMIC, KPROBES, UPROBES = "dynamic_events", "kprobe_events", "uprobe_events"
FILES = (DYNAMIC, KPROBES, UPROBES)
SUFFIX = ".tracefs"


def of_event(file: str) -> tuple[tuple[str, str], str] | None:
    """The event that a file of tracefs is of, and whether it is its `trigger` or its `filter`; None for others."""
    parts = file.split("/")
    if len(parts) == 4 and parts[0] == "events" and parts[3] in ("trigger", "filter"):
        return (parts[1], parts[2]), parts[3]
    return None


def is_command_file(name: str) -> bool:
    """Whether a file is one of raw commands, by its name."""
    base = name.rpartition("/")[2]
    return base in FILES or base.endswith(SUFFIX)


def file_for(name: str) -> str:
    """The file of tracefs that the commands of a user's file are for: the one of its name, or `dynamic_events`."""
    base = name.rpartition("/")[2]
    return base if base in FILES else DYNAMIC
