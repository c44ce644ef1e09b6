"""The kernel's tracing folder, tracefs, and its instances: their files are read and written here and nowhere else.

Every write is one line, appended, because a file of tracefs that is opened otherwise loses what other people put into it
(Documentation/trace/kprobetrace.rst, "dynamic_events"). No method raises for what the kernel refuses, but `Refused`.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where tracefs is mounted; the second is where debugfs has it, too.
PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
#: What is read of a file of tracefs at most, in bytes; `dynamic_events` of some ten thousand probes is a tenth of it.
MAX_READ = 64 << 20


class TracefsError(Exception):
    """Nothing can be traced here; the message is one line, with what is needed."""


class Folder:
    """The tracing folder of the system, or of an instance: both have the same files."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"Folder({self.path!r})"

    def file(self, name: str) -> str:
        """The path of a file."""
        return f"{self.path}/{name}"

    def put(self, name: str, text: str) -> OSError | None:
        """Add a line to a file; the answer is why the kernel refused it, None if it took it."""
        data = text.encode("utf-8", "surrogateescape") + b"\n"
        try:
            descriptor = os.open(self.file(name), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            error.filename = self.file(name)
            return error
        return None

    def get(self, name: str) -> str:
        """What a file holds, "" where it cannot be read."""
        try:
            with open(self.file(name), "rb") as file:
                return file.read(MAX_READ).decode("utf-8", "surrogateescape")
        except OSError:
            return ""

    def names(self, name: str) -> list[str]:
        """What is in a folder, none where there is none."""
        try:
            return sorted(os.listdir(self.file(name)))
        except OSError:
            return []

    # --------------------------------------------------------------------------------------------- events

    def exists(self, event: str) -> bool:
        """Whether there is an event GROUP/EVENT."""
        return os.path.isdir(self.file(f"events/{event}"))

    def filter_of(self, event: str) -> str:
        """The text of an event's filter, as the kernel shows it; `none` where there is none."""
        return self.get(f"events/{event}/filter").rstrip("\n")

    def triggers_of(self, event: str) -> list[str]:
        """The triggers of an event as the kernel lists them, which is longer than they were written."""
        lines = self.get(f"events/{event}/trigger").splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    def totals_of(self, event: str) -> tuple[int, int] | None:
        """What the `hist` triggers of an event took and what they had no room for (hits and drops); None where it has none.

        Of several on one event, the largest numbers.
        """
        text = self.get(f"events/{event}/hist")
        hits, drops = (
            [int(number) for number in re.findall(rf"^    {word}: (\d{{1,20}})$", text, re.MULTILINE)]
            for word in ("Hits", "Dropped")
        )
        return (max(hits), max(drops)) if hits and drops else None

    def is_enabled(self, event: str) -> bool:
        """Whether an event is switched on; a `*` behind the number tells of triggers only."""
        return self.get(f"events/{event}/enable").startswith("1")

    def enable(self, event: str, on: bool = True) -> OSError | None:
        """Switch an event on or off; the answer is why not."""
        return self.put(f"events/{event}/enable", "1" if on else "0")

    def untrigger(self, event: str, text: str) -> OSError | None:
        """Remove a trigger by the text that set it."""
        return self.put(f"events/{event}/trigger", f"!{text}")


class Tracefs(Folder):
    """The tracing folder of the system: all events are defined in it, and instances lie in it."""

    def instance(self, name: str) -> Folder:
        """An instance, which need not be there."""
        return Folder(self.file(f"instances/{name}"))

    def make_instance(self, name: str) -> OSError | None:
        """Make an instance, with buffers and switches of its own; the answer is why not."""
        try:
            os.mkdir(self.file(f"instances/{name}"))
        except OSError as error:
            return error
        return None

    def remove_instance(self, name: str) -> OSError | None:
        """Remove an instance; the answer is why not. One that is not there is removed."""
        try:
            os.rmdir(self.file(f"instances/{name}"))
        except FileNotFoundError:
            return None
        except OSError as error:
            return error
        return None

    def folders(self) -> Iterator[Folder]:
        """This folder and all instances."""
        yield self
        for name in self.names("instances"):
            yield self.instance(name)

    def unreadable(self) -> OSError | None:
        """Why `dynamic_events` cannot be read, which a kernel that is locked down does not allow; None if it can."""
        try:
            os.close(os.open(self.file("dynamic_events"), os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            return error
        return None

    def defined(self) -> list[str]:
        """The lines of `dynamic_events`; a comment among them says more of the line before (Linux 7.3)."""
        return [line for line in self.get("dynamic_events").splitlines() if not line.startswith("#")]

    def remove(self, event: str) -> OSError | None:
        """Remove a dynamic event with all its points; the answer is why not."""
        return self.put("dynamic_events", f"-:{event}")


#: What each command needs root for.
_DOES = {
    "run": "defines events in the kernel",
    "load": "defines events in the kernel",
    "unload": "removes events from the kernel",
    "status": "reads tracefs",
}


def own_program() -> str:
    """What starts probelang, for sudo, which often has another PATH: a whole path where that is known."""
    name = sys.argv[0]
    return os.path.abspath(name) if os.path.basename(name) == "probelang" else "probelang"


def find_tracefs(what: str) -> Tracefs:
    """The system's tracefs, ready to be written. Raises TracefsError; `what` is the command that needs it."""
    if os.geteuid() != 0:
        raise TracefsError(f"`probelang {what}` needs root: it {_DOES[what]} (sudo {own_program()} {what} …)")
    for place in PLACES:
        try:
            os.close(os.open(f"{place}/dynamic_events", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TracefsError(f"cannot write {place}/dynamic_events: {_why(error)}") from None
        return Tracefs(place)
    for place in PLACES:
        if os.path.exists(f"{place}/events"):
            raise TracefsError(
                f"this kernel has no dynamic events ({place}/dynamic_events): they take CONFIG_PROBE_EVENTS"
            )
    raise TracefsError(f"no tracefs is mounted (mount -t tracefs nodev {PLACES[0]})")


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{error.strerror} (is this kernel locked down, or this a container?)"
    return str(error.strerror)
