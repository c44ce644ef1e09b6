"""`probelang run`: from the command line to a session, and to whoever shows its hits."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from probelang.cli.common import FAILED, FOUND, OK, UsageError, wants_color
from probelang.cli.common import say as say_line
from probelang.cli.run_options import add_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from probelang.backends.tracefs.events import Event
    from probelang.cli.compile import Compiled
    from probelang.tracing.define import Refused
    from probelang.tracing.ending import Ending
    from probelang.tracing.hits import Sink
    from probelang.tracing.reader import Reader
    from probelang.tracing.session import Session
    from probelang.tracing.state import StateFolder
    from probelang.tracing.tracefs import Tracefs
    from probelang.tracing.workload import Command, Processes

__all__ = ["add_options", "run"]


def run(options: argparse.Namespace) -> int:
    """Trace until something ends it; the answer is the exit status."""
    import gc

    # it may go on for days, and hits are no garbage that refers to itself: an eighth of their cost was looking for some
    gc.enable()
    gc.set_threshold(100_000, 20, 20)
    if options.backend == "bpftrace":
        from probelang.cli.run_bpftrace import hand_over

        return hand_over(options)
    _check(options)
    from probelang.backends import Settings
    from probelang.cli.compile import compile_files
    from probelang.tracing.ending import Ending
    from probelang.tracing.session import new_run

    tracefs, states = open_kernel("run")
    clear_killed(tracefs, states)
    run_id = new_run(tracefs, states)
    made = compile_files(options, "tracefs", Settings(run=run_id))
    if made.status:
        return made.status
    if not made.events:
        raise UsageError(f"there is no probe in {', '.join(options.files)}")
    check_modules(made.events)
    with Ending(sys.stdout.fileno()) as ending:
        return _Run(options, tracefs, states, run_id, made, ending).run()


def say(text: str) -> None:
    """A line to standard error, if anybody reads that."""
    with contextlib.suppress(OSError):
        say_line(text)


def open_kernel(command: str) -> tuple[Tracefs, StateFolder]:
    """What commands that define events need. Raises UsageError."""
    from probelang.tracing.state import StateFolder
    from probelang.tracing.state_files import StateError
    from probelang.tracing.tracefs import TracefsError, find_tracefs

    try:
        return find_tracefs(command), StateFolder()
    except (TracefsError, StateError) as error:
        raise UsageError(str(error)) from None


def clear_killed(tracefs: Tracefs, states: StateFolder) -> None:
    """Remove what killed runs have left, and a `load` that was killed half-way, and say so. Raises UsageError."""
    from probelang.tracing.loaded import recover
    from probelang.tracing.state_files import StateError

    try:
        cleared, strange = states.clear(tracefs)
        recovered = recover(tracefs, states)
    except StateError as error:
        raise UsageError(str(error)) from None
    if recovered:
        what = many(len(recovered), "event")
        say(
            f"note: cleared {what} of a `probelang load` that was killed, from {recovered[0]} to {recovered[-1]}"
        )
    for line in strange:
        say(f"note: {line}")
    for one in cleared:
        what = f"of a run of {', '.join(map(os.path.basename, one.state.files))} that was killed (process {one.state.pid})"
        if one.left:
            say(f"cannot remove what is left {what}: {', '.join(one.left)} is in use")
        else:
            say(f"note: cleared what was left {what}")


def check_modules(events: Sequence[Event]) -> None:
    """The kernel refuses functions of a module that is not loaded without saying why, or waits for ever. Raises UsageError."""
    from probelang.backends.tracefs.script import needed_modules
    from probelang.kernel.live import loaded_modules

    there = loaded_modules()
    for module in needed_modules(events):
        if module not in there:
            raise UsageError(
                f"the module {module} is not loaded (modprobe {module} loads it); nothing was changed"
            )


def show_refusal(refused: Refused, options: argparse.Namespace) -> None:
    """What the kernel refused, at its place in the spec."""
    from probelang.render.text import render_text
    from probelang.tracing.refusal import diagnose

    source = refused.event.probe.source
    text = render_text(source, [diagnose(refused)], color=wants_color(options, sys.stderr))
    with contextlib.suppress(OSError):
        sys.stderr.write(text)


def _check(options: argparse.Namespace) -> None:
    from probelang.cli.run_sinks import check_outputs

    if options.command is not None and options.pid:
        raise UsageError("--command traces what it starts, and --pid what is there: give one of them")
    if options.by is not None and not options.top:
        raise UsageError("--by is for --top")
    if options.raw and (options.plot or options.report):
        raise UsageError("--raw leaves all to the kernel: there is nothing to make --plot or --report of")
    check_outputs(options.plot, options.report)


class _Run:
    """One run, step by step."""

    def __init__(
        self,
        options: argparse.Namespace,
        tracefs: Tracefs,
        states: StateFolder,
        run_id: str,
        made: Compiled,
        ending: Ending,
    ) -> None:
        from probelang.cli.run_sinks import make_sinks
        from probelang.tracing.output import Output
        from probelang.tracing.session import Session, Settings

        self.options = options
        self.made = made
        self.output = io.BufferedWriter(Output(sys.stdout.fileno(), ending))
        self.sinks: list[Sink] = make_sinks(options, self.output, made)
        self.ending = ending
        self.command: Command | None = None
        self.processes: Processes | None = None
        self.hits = 0
        self.lost = 0
        self.missed = 0
        self.unjoined = 0
        self.duration = 0.0
        self.failed = False
        follow = options.command is not None or bool(options.pid)
        files = [source.name for source in made.sources]
        settings = Settings(options.buffer_size, follow)
        self.session: Session = Session(tracefs, states, run_id, made.events, files, settings, ending.reached)

    def run(self) -> int:
        """The exit status."""
        from probelang.tracing.define import Interrupted, Refused
        from probelang.tracing.reader_formats import ReaderError
        from probelang.tracing.session import NoRoom
        from probelang.tracing.state_files import StateError
        from probelang.tracing.workload import WorkloadError

        status = OK
        try:
            self._find_workload()
            with self.session:
                self._trace()
        except Refused as refused:
            show_refusal(refused, self.options)
            status = FOUND
        except Interrupted:
            if self.ending.signal is not None:
                status = 128 + self.ending.signal
        except (StateError, WorkloadError, ReaderError, NoRoom) as error:
            say(str(error))
            status = FAILED
        except BrokenPipeError:
            self.ending.end("closed pipe")
        except OSError as error:
            # what was to be shown was not
            self.failed = True
            what = "write the output" if error.filename is None else f"use {os.fsdecode(error.filename)}"
            say(f"cannot {what}: {error.strerror}")
            status = FAILED
        finally:
            for sink in self.sinks:
                # a screen is given back, however the run ends
                getattr(sink, "close", lambda: None)()
            self._end_workload()
        if self.duration and not self.failed:
            self._say_end()
        if self.session.left:
            refusal = self.session.tracefs.unreadable()
            why = "in use by something else"
            if refusal is not None:
                why = f"{refusal.strerror} (locked down meanwhile?)"
            say(f"cannot remove {', '.join(self.session.left)}: {why}; the next run tries again")
            status = status or FOUND
        if self.failed or self.ending.reason == "closed pipe":
            _forget_output()
        if self.command is not None and self.ending.reason == "command" and not status:
            return self.command.status or OK
        return status

    def _find_workload(self) -> None:
        from probelang.tracing.workload import Command, Processes

        if self.options.command is not None:
            self.command = Command(self.options.command)
            self.ending.when(self.command.poll)
        if self.options.pid:
            self.processes = Processes(self.options.pid)
            self.ending.when(self.processes.poll)

    def _trace(self) -> None:
        session = self.session
        if self.command is not None:
            session.only([self.command.pid])
        if self.processes is not None:
            session.only(self.processes.threads())
        with self._open_reader() as reader:
            session.enable()
            self._say_begin()
            if self.options.duration is not None:
                self.ending.after(self.options.duration)
            if self.command is not None:
                self.command.go()
            began = time.monotonic_ns()
            try:
                if reader is None:
                    self._print_raw()
                else:
                    self._show_hits(reader)
            finally:
                self.duration = (time.monotonic_ns() - began) / 1e9
                self.missed = session.count_missed()
                self.unjoined = session.count_unjoined()

    def _open_reader(self) -> AbstractContextManager[Reader | None]:
        """What reads hits, ready before there are any; None where the kernel's own text is wanted."""
        if self.options.raw:
            return contextlib.nullcontext()
        from probelang.tracing.reader import Reader

        return Reader(self.session.instance, self.session.traced)

    def _stop(self) -> bool:
        """Whether to end; nothing more is recorded then."""
        if not self.ending.reached():
            return False
        self.session.pause()
        return True

    def _print_raw(self) -> None:
        from probelang.render.hits_values import tame
        from probelang.tracing.raw import count_hits, first_hits, read_raw

        left = self.options.max_hits
        tamed = self.output.isatty()
        for lines in read_raw(self.session.folder, self._stop, self.ending.wait):
            if left is not None:
                lines = first_hits(lines, left - self.hits)
            self.hits += count_hits(lines)
            self.output.write(tame(lines) if tamed else lines)
            self.output.flush()
            if left is not None and self.hits >= left:
                self.ending.end("hits")
                break
        self.lost = self.session.buffers().lost

    def _show_hits(self, reader: Reader) -> None:
        from probelang.tracing.hits import Totals

        traced, left = self.session.traced, self.options.max_hits
        counts: Counter[str] = Counter()
        began = time.monotonic_ns()
        for sink in self.sinks:
            sink.begin(traced)
        for hits, lost in reader.batches(self._stop):
            if left is not None and self.hits + len(hits) >= left:
                hits = hits[: left - self.hits]
                self.ending.end("hits")
            self.hits += len(hits)
            counts.update([hit[0].recorded for hit in hits])
            for sink in self.sinks:
                sink.take(hits)
            for cpu, count in lost:
                self.lost += count
                for sink in self.sinks:
                    sink.lost(cpu, count)
            if self.hits == left:
                break
        by_name = {event.name: counts[event.recorded] for event in traced}
        totals = Totals(by_name, self.lost, time.monotonic_ns() - began)
        for sink in self.sinks:
            sink.end(totals)

    def _end_workload(self) -> None:
        if self.processes is not None:
            self.processes.close()
        if self.command is not None and not self.command.stop():
            say(f"the command goes on, as process {self.command.pid}")

    def _say_begin(self) -> None:
        if self.options.quiet:
            return
        points = sum(len(event.probe.sites) for event in self.made.events)
        what = f"{many(len(self.made.events), 'event')} at {many(points, 'point')}"
        if self.command is not None:
            what += f" in `{self.options.command}`"
        elif self.options.pid:
            what += f" in {'process' if len(self.options.pid) == 1 else 'processes'} " + ", ".join(
                map(str, self.options.pid)
            )
        say(f"tracing {what}; Ctrl-C ends it")

    def _say_end(self) -> None:
        lost = (
            f", {self.lost} lost: the kernel's buffer was full (--buffer-size)"
            if self.lost
            else ", none lost"
        )
        missed = f", {self.missed} missed: more calls at a time than maxactive" if self.missed else ""
        if self.unjoined:
            missed += f", {many(self.unjoined, 'call')} not joined with their entries: more threads than there is room for"
        if not self.options.quiet or self.lost or missed:
            say(f"{many(self.hits, 'hit')} in {self.duration:.1f} s{lost}{missed}")


def many(count: int, what: str) -> str:
    """A number of things in words: `1 event`, `2 events`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _forget_output() -> None:
    """Nobody reads it: Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
