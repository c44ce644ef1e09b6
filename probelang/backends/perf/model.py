"""What a probe is for perf: definitions for `perf probe`, selections for `perf record`, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.perf.names import RETURN, find_pattern, spell_event
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.probes import Probe, WatchTarget

#: What perf calls the place where a function returns.
RETURN_PLACE = "%return"


@record
class Definition:
    """One `perf probe`: what it is given, and the event that comes of it.

    `event` is the name given to perf, which adds `__return` itself; `place` the point and `arguments` what is fetched
    there, as perf takes them. `program` is what `-x` takes, `module` what `-m` takes. `listed` is whether the kernel lists
    the arguments as they are here, so that they tell the event from somebody else's of the same name.
    """

    group: str
    event: str
    place: str
    arguments: str
    program: str | None
    module: str | None
    listed: bool = True

    @property
    def returns(self) -> bool:
        return self.place.endswith(RETURN_PLACE)

    @property
    def name(self) -> str:
        """The event that perf makes of it, `group/event`."""
        return f"{self.group}/{self.event}{RETURN if self.returns else ''}"

    @property
    def text(self) -> str:
        """What `perf probe -a` is given."""
        return f"{self.group}:{self.event}={self.place}{self.arguments}"

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that its line in `dynamic_events` has."""
        start = f":{self.name} " + (f"{self.program}:" if self.program is not None else "")
        return (start, self.arguments) if self.listed and self.arguments else (start,)


@record
class Selection:
    """What `perf record -e` takes: an event, `group/event`, or `watch`; `terms` are what it says of it besides.

    `pattern` stands for a name that perf would misread.
    """

    event: str
    filter: str | None
    terms: tuple[str, ...] = ()
    watch: WatchTarget | None = None
    pattern: str | None = None

    @property
    def text(self) -> str:
        """What `-e` is given; of a watch what follows the address."""
        terms = f"/{','.join(self.terms)}/" if self.terms else ""
        if self.watch is not None:
            # what is executed has no length
            what = ":x" if self.watch.access == "x" else f"/{self.watch.length}:{self.watch.access}"
            return what + terms
        return (self.pattern or self.event).replace("/", ":") + terms


@record
class Event:
    """One event of a spec: what defines it, what records it, and under which names perf shows its fields."""

    probe: Probe
    definitions: tuple[Definition, ...]
    selections: tuple[Selection, ...]
    shown: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every event that `perf probe` makes for it, `group/event`."""
        return tuple(definition.name for definition in self.definitions)

    @property
    def filter(self) -> str | None:
        """The condition, which is the same for all points."""
        return self.selections[0].filter if self.selections else None


def spell_names(events: Sequence[Event]) -> list[Event]:
    """The events with names that perf takes, and keeps, for all of them together.

    Perf does not take one name in two groups.
    """
    taken: set[str] = set()
    spelled = []
    for event in events:
        definitions = []
        selected = {selection.event: selection for selection in event.selections}
        for definition in event.definitions:
            name = spell_event(event.probe.event, definition.returns, taken)
            definitions.append(replace(definition, event=name))
        selections = event.selections
        if definitions:
            selections = tuple(
                replace(selected[old.name], event=new.name)
                for old, new in zip(event.definitions, definitions, strict=True)
                if old.name in selected
            )
        spelled.append(replace(event, definitions=tuple(definitions), selections=selections))
    names = [name for event in spelled for name in event.names]
    return [
        replace(event, selections=tuple(_with_pattern(one, names) for one in event.selections))
        for event in spelled
    ]


def _with_pattern(selection: Selection, names: Sequence[str]) -> Selection:
    if selection.watch is not None:
        return selection
    group, _, event = selection.event.partition("/")
    return replace(selection, pattern=find_pattern(group, event, names))
