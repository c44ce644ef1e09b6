"""Which kind of event a probe is on a kernel: its own, or one that does the same where the kernel has none of that kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.rules import backends, limits
from probelang.kernel.features import FEATURES
from probelang.probes import FunctionTarget, ProgramTarget, TracepointTarget, WatchTarget
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.kernel.interface import Kernel
    from probelang.probes import Probe


#: Calls under way that an fprobe's return of a run has room for. A kernel that has a limit has 2 for each CPU by default, and counts
#: nowhere what it misses; what a kprobe misses is counted. A slot takes less than 200 bytes.
ROOM_OF_RUN = 1024


class Kinds:
    """Chooses for one probe, which is of a run or to stay; what the kernel has no kind for goes to the report."""

    def __init__(self, probe: Probe, kernel: Kernel, report: Report, of_run: bool = False) -> None:
        self.probe = probe
        self.kernel = kernel
        self.report = report
        self.of_run = of_run

    def head(self) -> str | None:
        """The letter of the kind, or of the one that does the same on this kernel; None after an error."""
        features = self.kernel.features
        returns = any(
            isinstance(site.target, FunctionTarget | ProgramTarget) and site.target.returns
            for site in self.probe.sites
        )
        maxactive = self.probe.maxactive or ""
        match self.probe.kind:
            case Kind.KPROBE:
                if features.kprobe is not False:
                    return f"r{maxactive}" if returns else "p"
                self._refuse("kprobe", "an eprobe on a trace event may tell the same")
            case Kind.FPROBE:
                if features.fprobe is not False and not self._is_shared():
                    if returns and self.of_run:
                        maxactive = maxactive or ROOM_OF_RUN
                    # where no limit can be given there is none
                    return f"f{maxactive}" if features.fprobe_maxactive else "f"
                if features.kprobe is not False:
                    return self._kprobe_instead(f"r{maxactive}" if returns else "p")
                self._refuse("fprobe", "a kprobe would do, but this kernel has no kprobe events either")
            case Kind.TPROBE:
                if features.tprobe is False:
                    self._refuse("tprobe", self._way_out_of_tprobe())
                elif features.module_tracepoints is False and self._of_module():
                    self._refuse("module_tracepoints", self._way_out_of_tprobe())
                else:
                    return "t"
            case Kind.EPROBE:
                if features.eprobe is not False:
                    return "e"
                self._refuse("eprobe", "enable the event itself, with a filter")
            case Kind.UPROBE | Kind.USDT:
                if features.uprobe is not False:
                    return "r" if returns else "p"
                self._refuse("uprobe", "a kernel built with it")
            case Kind.WATCH:
                if features.watchpoint:
                    return self._watch_head()
                self._refuse_watch()
            case Kind.MONITOR:
                self.report.add(
                    backends.UNSUPPORTED,
                    self.probe.point_span,
                    "no kernel has events in tracefs that a clock raises",
                    help="`--target bpftrace` can",
                )
        return None

    def _watch_head(self) -> str | None:
        """A wprobe, as proposed for the kernel: Documentation/trace/wprobetrace.rst of linux-next."""
        for site in self.probe.sites:
            assert isinstance(site.target, WatchTarget)
            if site.target.access == "x":
                self.report.add(
                    backends.UNSUPPORTED,
                    self.probe.point_span,
                    "a wprobe watches data, and does not see execution",
                    help="a kprobe sits on an instruction: `kprobe FUNC+OFFSET`",
                    kernel_error="BAD_ACCESS_TYPE",
                )
                return None
        return "w"

    def _refuse_watch(self) -> None:
        self.report.add(
            limits.NO_FEATURE,
            self.probe.point_span,
            f"{self.kernel.title} has no wprobe events (hardware breakpoints): no release of Linux has them yet",
            help="`--target bpftrace` can, and so can `--target perf`",
        )

    def _is_shared(self) -> bool:
        """Whether a function of a module has its name in common with another: an fprobe would sit on both."""
        return any(
            isinstance(site.target, FunctionTarget) and not site.target.alone for site in self.probe.sites
        )

    def _of_module(self) -> bool:
        return any(
            isinstance(site.target, TracepointTarget) and site.target.module for site in self.probe.sites
        )

    def _kprobe_instead(self, head: str) -> str | None:
        """A kprobe does what an fprobe would, on the functions that allow one."""
        for site in self.probe.sites:
            assert isinstance(site.target, FunctionTarget)
            answer = self.kernel.find_function(site.target.function, site.target.module)
            if isinstance(answer, Found) and answer.value.blacklisted:
                why = f"and a kprobe on `{site.target.function}` in its stead is forbidden by the kernel"
                self._refuse("fprobe", why)
                return None
        return head

    def _way_out_of_tprobe(self) -> str:
        for site in self.probe.sites:
            assert isinstance(site.target, TracepointTarget)
            answer = self.kernel.sources.event_names() or []
            for system, event in answer:
                if event == site.target.tracepoint:
                    return f"the event has fields of its own: `eprobe {system}:{event}`"
        return "an eprobe on the event of this tracepoint reads that event's fields"

    def _refuse(self, kind: str, help: str) -> None:
        what = "tprobe events on tracepoints of modules" if kind == "module_tracepoints" else f"{kind} events"
        self.report.add(
            limits.NO_FEATURE,
            self.probe.point_span,
            f"{self.kernel.title} has no {what}: they take {FEATURES[kind].needs}",
            help=help,
        )
