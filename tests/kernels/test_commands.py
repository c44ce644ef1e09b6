"""Raw commands written to real kernels: the checker must have foreseen what each of them says."""

from __future__ import annotations

import os

import pytest

from probelang.commands.lines import read_commands
from probelang.commands.trigger_advice import BEFORE, HIST_ADVICE
from probelang.kernel.errors import kernel_text
from probelang.source import Source
from tests.commands.asked import Asked
from tests.commands.broken_specs import refused
from tests.commands.coverage import coverage
from tests.commands.generator import CommandGenerator
from tests.commands.opinions import disagreement, new_judge, opinion, read_log
from tests.commands.triggers import TriggerGenerator
from tests.commands.vocabulary import vocabulary
from tests.kernels.lab.boot import Job, Machine, run_jobs
from tests.unit.commands.test_carets import CASES, CONDITIONS, SEQUENCES, TRIGGERED
from tests.unit.commands.test_carets import TRIGGERS as TABLES

pytestmark = pytest.mark.kernels

COMMANDS = int(os.environ.get("PROBELANG_TEST_COMMANDS", "2000"))
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))
#: Hist triggers and conditions of a kernel, each pair of events with what defines them before.
TRIGGERS = 800
MAX_DOUBT = 0.02
"""The share of commands of which the checker may say that it cannot know."""
MIN_TAKEN = 0.35
"""The share that the kernel must take: what it refuses says nothing of all that stands behind the error."""
MAX_DOUBTED_TRIGGERS = 0.1


def test_the_kernel_says_what_was_foreseen(kernel: Asked) -> None:
    commands = CommandGenerator(vocabulary(kernel.kernel, SEED), SEED).commands(COMMANDS)
    verdicts, answers = kernel.ask(commands)
    judge = new_judge(kernel.kernel)
    wrong = [
        number
        for number, (verdict, answer) in enumerate(zip(verdicts, answers, strict=True))
        if disagreement(verdict, answer, judge)
    ]
    met = coverage(kernel.kernel, commands, [answer.errno == 0 for answer in answers], verdicts)
    if wrong:
        shown = "\n".join(kernel.shrink(commands, number) for number in wrong[:1])
        pytest.fail(
            f"{len(wrong)} of {COMMANDS} commands (PROBELANG_TEST_SEED={SEED}):\n{shown}", pytrace=False
        )
    assert met.doubts.total() <= COMMANDS * MAX_DOUBT, met.doubts
    assert met.taken.total() >= COMMANDS * MIN_TAKEN, met
    print(f"{COMMANDS} commands (PROBELANG_TEST_SEED={SEED}); not known: {dict(met.doubts)}\n{met}")


def test_carets(kernel: Asked) -> None:
    """The cases of the plain suite, where the kernel itself puts the caret."""
    commands = [("d", command.replace("/bin/cat", "/bin/sh")) for command, _, _ in CASES]
    for number, (lines, _, _) in enumerate(SEQUENCES):
        commands += [("d", line.replace("io/rd", f"io/rd{number}")) for line in lines]
    commands += [
        ("d", f"e:io/on{at} sched.sched_switch if {text}") for at, (text, _) in enumerate(CONDITIONS)
    ]
    commands.append(("d", TRIGGERED))
    commands += [("t", f"io/r {text}") for text, _ in TABLES]
    commands = [(file, text.replace("^", "", 1)) for file, text in commands]
    verdicts, answers = kernel.ask(commands)
    judge = new_judge(kernel.kernel)
    for (_, text), verdict, answer in zip(commands, verdicts, answers, strict=True):
        how = disagreement(verdict, answer, judge)
        assert not how, f"{how}: {text!r}\n the kernel {answer}\n the checker {opinion(verdict)}"


#: Of a boot command line: taken, refused, another probe of an event, one that is removed again, and names that the kernel makes.
BOOT = (
    "p:io/rd,vfs_fsync,$stack0,n=%di:x64;r16:io/ret,vfs_fsync,$retval:s32;p:io/rd,vfs_statfs,$stack0,n=%di:x64;"
    "p:io/no,no_such_function;p,vfs_fsync+0x0,n=+8(%di):u32;p:io/bad,vfs_fsync,a=$nothing;-:io/ret;;"
    "p:io/later,nomod:thing;r:io/rd,vfs_fsync,$stack0;p:io/rd,vfs_fsync,$stack0,n=%di:u8;-:io/nothing;p:io/last,vfs_fsync,+8(%di)"
)


def test_boot_command_line(kernel: Asked) -> None:
    """`kprobe_event=` as the kernel reads it when it boots."""
    job = Job("cd /sys/kernel/tracing; cat kprobe_events; echo %%; cat error_log")
    machine = Machine(command_line=f"kprobe_event={BOOT}")
    listed, _, log = run_jobs(kernel.files, [job], machine)[0].data.partition(b"%%\n")
    judge = new_judge(kernel.kernel)
    read = list(read_commands(Source("cmdline", f"quiet kprobe_event={BOOT} panic=-1\n")))
    verdicts = [judge.judge(command.text, command.file) for command in read]
    assert {verdict.taken for verdict in verdicts} == {True, False}
    expected = [probe.name for probe in judge.state.known(None, "")]
    found = [tuple(line.split()[0].partition(b":")[2].decode().split("/")) for line in listed.splitlines()]
    assert sorted(found) == sorted(expected)
    said = [
        (kernel_text(entry.name, judge.target), entry.command, entry.column)
        for verdict in verdicts
        for entry in verdict.log
    ]
    assert [entry[1:] for entry in read_log(log)] == said


def test_carets_of_specs(kernel: Asked) -> None:
    """What is said of specs: the kernel gives the same error, in the same words, at the same column of a command that says the same."""
    found = [pair for pair in refused(kernel.kernel) if pair[1].kernel_command is not None]
    commands = [
        ("d", said.kernel_command.encode().decode("latin-1")) for _, said in found if said.kernel_command
    ]
    _, answers = kernel.ask(commands)
    assert len({said.kernel_error for _, said in found}) > 15
    for (source, said), (_, command), answer in zip(found, commands, answers, strict=True):
        assert answer.log, (command, source.name, said.message, str(answer))
        _, text, shown, column = answer.log[0]
        wanted = (said.kernel_text, command, said.kernel_column)
        assert (text, shown, column) == wanted, (source.name, said.message, str(answer))
    print(f"{len(found)} diagnostics of specs")


def test_triggers(kernel: Asked) -> None:
    """Hist triggers as joins take them, and conditions, each on events of their own."""
    commands = [
        *BEFORE,
        *(("t", f"io/r {advice.example}") for advice in HIST_ADVICE.values() if advice.example),
    ]
    commands += TriggerGenerator(SEED).commands(TRIGGERS)
    verdicts, answers = kernel.ask(commands)
    judge = new_judge(kernel.kernel)
    for (file, text), verdict, answer in zip(commands, verdicts, answers, strict=True):
        how = disagreement(verdict, answer, judge)
        assert not how, (
            f"{how}: {file} {text!r} (PROBELANG_TEST_SEED={SEED})\n the kernel {answer}\n the checker {opinion(verdict)}"
        )
    doubts = sum(verdict.taken is None for verdict in verdicts)
    assert doubts <= len(commands) * MAX_DOUBTED_TRIGGERS
    met = {entry.name for verdict in verdicts for entry in verdict.log if entry.name.startswith("HIST_")}
    assert len(met) > 15
    print(f"{len(commands)} lines (PROBELANG_TEST_SEED={SEED}), {len(met)} errors met; {doubts} not known")
