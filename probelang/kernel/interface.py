"""`Kernel`: one interface for all that is known of a kernel, wherever the knowledge comes from.

Each question is answered found, not found (with near names) or unknown because of something
(`probelang.answers`). Nothing is read before it is asked for, and everything is read once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from probelang.answers import Answer, Found, Unknown
from probelang.btf.types import BtfError
from probelang.kernel.facts import Event, EventField, Function, Tracepoint, Variable
from probelang.kernel.features import Features
from probelang.kernel.sources import load_btf

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from probelang.btf.blob import Btf
    from probelang.kernel.code import KernelCode
    from probelang.kernel.modules import Module, ModuleFacts
    from probelang.kernel.sources import Sources
    from probelang.kernel.tables import Table
    from probelang.near import Names

__all__ = ["Event", "EventField", "Function", "Kernel", "Tracepoint", "Variable"]

T = TypeVar("T")


#: How many wrong names of a run are compared with all the names that there are: each takes some milliseconds.
MAX_SUGGESTIONS = 40


class Kernel:
    """What is known of one kernel.

    `name` is as the user said it ("6.12", "running", a path), `title` what notes call it ("Linux 6.12.57"), `notes`
    what the user should be told about the choice itself.
    """

    def __init__(self, name: str, title: str, sources: Sources, notes: tuple[str, ...] = ()) -> None:
        self.name = name
        self.title = title
        self.notes = notes
        self.sources = sources
        self.features = Features(lambda: self.btf, self._readme)
        self._blobs: dict[str, Btf | None] = {}
        self._modules: ModuleFacts | None = None
        self._tables: dict[str, Table | None] = {}
        self._answers: dict[tuple[object, ...], Any] = {}
        self._percpu: frozenset[int] | None = None
        self._code: Answer[KernelCode] | None = None
        self._suggestions = MAX_SUGGESTIONS
        self.near: dict[str, tuple[str, ...]] = {}
        """Functions near to a wrong name, once they were looked for."""
        self._names: dict[str, Names] = {}

    def __repr__(self) -> str:
        return f"<Kernel {self.name}: {self.title}>"

    @property
    def btf(self) -> Btf | None:
        """The kernel's own BTF, or None where there is none. Raises KernelError if there is one but it is damaged."""
        if "vmlinux" not in self._blobs:
            self._blobs["vmlinux"] = load_btf(self.sources)
        return self._blobs["vmlinux"]

    def module_btf(self, module: str) -> Btf | None:
        """The BTF of a module, whose ids continue the kernel's; None where it is not at hand or not of this kernel.

        `self.modules.reason(module)` says why.
        """
        if module not in self._blobs:
            from probelang.kernel.modules import load_module_btf

            self._blobs[module] = load_module_btf(self, module)
        return self._blobs[module]

    @property
    def modules(self) -> ModuleFacts:
        """What is known of modules."""
        if self._modules is None:
            from probelang.kernel.modules import ModuleFacts

            self._modules = ModuleFacts(self)
        return self._modules

    def find_module(self, name: str) -> Answer[Module]:
        """A module by name, loaded or with a file; `-` and `_` are the same in it. Not found where it is not installed."""
        from probelang.kernel.modules import canonical, find_module

        return self._ask(find_module, canonical(name))

    def find_function(self, name: str, module: str | None = None) -> Answer[Function]:
        """A function by name; of the kernel or any module, or of `module` only (`vmlinux` is the kernel)."""
        from probelang.kernel.functions import find_function

        return self._ask(find_function, name, module.replace("-", "_") if module else module)

    def functions_matching(self, pattern: re.Pattern[str], module: str | None = None) -> Answer[list[str]]:
        """The names of functions that `pattern` matches as a whole, sorted: traceable ones, else those in BTF.

        Of the kernel and its loaded modules, or of `module` only.
        """
        from probelang.kernel.functions import functions_matching

        return self._ask(functions_matching, pattern, module)

    def parts_of(self, name: str) -> tuple[str, ...]:
        """What the compiler made of a function beside it, `NAME.part.0` or `NAME.isra.0`, sorted; none where that is not known.

        Not its `.cold` part, which is reached from inside alone.
        """
        answer: tuple[str, ...] | None = self._answers.get(("parts_of", name))
        if answer is None:
            from probelang.kernel.functions import parts_of

            answer = self._answers["parts_of", name] = parts_of(self, name)
        return answer

    def has_symbol(self, name: str) -> Answer[int]:
        """How many symbols bear `name`, functions and variables alike; not found where none does."""
        from probelang.kernel.functions import has_symbol

        return self._ask(has_symbol, name)

    def find_variable(self, name: str) -> Answer[Variable]:
        """A variable of the kernel by name: its type where BTF has it, and how many symbols bear the name."""
        from probelang.kernel.functions import find_variable

        return self._ask(find_variable, name)

    def find_enumerator(self, name: str) -> Answer[tuple[int, str]]:
        """The value of an enumerator and the name of its enum ("" for an anonymous one).

        Unknown where several enums give it different values.
        """
        from probelang.kernel.functions import find_enumerator

        return self._ask(find_enumerator, name)

    def find_tracepoint(self, name: str, module: str | None = None) -> Answer[Tracepoint]:
        """A raw tracepoint with its C parameters; of the kernel or any module at hand, or of `module` only."""
        from probelang.kernel.events import find_tracepoint

        return self._ask(find_tracepoint, name, module)

    def tracepoints_matching(self, pattern: re.Pattern[str], module: str | None = None) -> Answer[list[str]]:
        """The names of the kernel's own tracepoints, or of a module's, that `pattern` matches as a whole, sorted."""
        from probelang.kernel.events import tracepoints_matching

        return self._ask(tracepoints_matching, pattern, module)

    def find_event(self, system: str, name: str) -> Answer[Event]:
        """A trace event with its fields: exact from its format file, else from BTF, which does not know systems."""
        from probelang.kernel.events import find_event

        return self._ask(find_event, system, name)

    def has_static_event(self, system: str, name: str) -> bool:
        """Whether an event is known that nobody has defined and nobody can remove."""
        return (
            self.sources.event(system, name) is not None
            and (system, name) not in self.sources.dynamic_events()
        )

    def events_matching(
        self, system_pattern: re.Pattern[str], event_pattern: re.Pattern[str]
    ) -> Answer[list[tuple[str, str]]]:
        """The (system, event) pairs that both patterns match as a whole, sorted; unknown without format files."""
        from probelang.kernel.events import events_matching

        return self._ask(events_matching, system_pattern, event_pattern)

    @property
    def code(self) -> Answer[KernelCode]:
        """The kernel's code with its debugging information, or why there is none; looked for once."""
        if self._code is None:
            from probelang.kernel.images import open_code
            from probelang.kernel.live import parse_build_id

            notes = self.sources.section("notes")
            build_id = parse_build_id(bytes(notes)) if notes is not None else None
            self._code = open_code(self.sources.images(), build_id, self.btf, self.why_missing("code"))
        return self._code

    def keep_findings(self) -> None:
        """Keep in the user's cache what took time to read of the kernel's code."""
        if isinstance(self._code, Found):
            self._code.value.keep_findings()

    def _ask(self, look_up: Callable[..., Answer[T]], *question: object) -> Answer[T]:
        key = (look_up.__name__, *question)
        answer: Answer[T] | None = self._answers.get(key)
        if answer is None:
            try:
                answer = look_up(self, *question)
            except BtfError as error:
                answer = Unknown(f"its BTF is damaged ({error})")
            self._answers[key] = answer
        return answer

    # For the modules that answer

    def may_suggest(self) -> bool:
        """Whether near names are looked for once more: the thousandth wrong name of a file has none."""
        self._suggestions -= 1
        return self._suggestions >= 0

    def names(self, kind: str, read: Callable[[], str]) -> Names:
        """All names of a kind, to find near ones among; `read` makes the text of their lines."""
        if kind not in self._names:
            from probelang.near import Names

            self._names[kind] = Names(read())
        return self._names[kind]

    def suggest_anew(self) -> None:
        """Another run begins."""
        self._suggestions = MAX_SUGGESTIONS

    def table(self, name: str) -> Table | None:
        """One of the source's tables (`probelang.kernel.sources`), opened once."""
        if name not in self._tables:
            self._tables[name] = self.sources.table(name)
        return self._tables[name]

    def why_missing(self, name: str) -> str:
        """Why a section or table is not there: the end of a sentence."""
        return self.sources.why_missing(name)

    def percpu_variables(self) -> frozenset[int]:
        """The ids of the variables in the kernel's BTF of which each CPU has its own. Raises BtfError."""
        if self._percpu is None:
            from probelang.kernel.btf_facts import percpu_variables

            self._percpu = percpu_variables(self.btf) if self.btf is not None else frozenset()
        return self._percpu

    def _readme(self) -> str | None:
        data = self.sources.section("readme")
        return bytes(data).decode("utf-8", "replace") if data is not None else None
