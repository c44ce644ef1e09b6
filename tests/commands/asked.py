"""Commands put to a booted kernel and to the checker, and disagreements made small."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from probelang.commands.verdict import Verdict
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from tests.commands.opinions import Answer, disagreement, encode, new_judge, opinion, parse_answers, written
from tests.kernels.lab.boot import Job, run_jobs
from tests.kernels.lab.capture import captured_folder
from tests.kernels.lab.fetch import KernelFiles, LabError, fetch_kernel

_SOURCE = Path(__file__).parent.parent / "kernels" / "programs" / "write_commands.c"
_SECONDS = 900
_ROUNDS = 6

Commands = Sequence[tuple[str, str]]


@dataclass
class Asked:
    """A kernel that can be asked."""

    files: KernelFiles
    kernel: Kernel
    writer: bytes

    def ask(self, commands: Commands) -> tuple[list[Verdict], list[Answer]]:
        """Both opinions of commands, written one after the other to a freshly booted kernel."""
        judge = new_judge(self.kernel)
        verdicts = [judge.judge(*written(file, text)) for file, text in commands]
        job = Job("./write commands", {"write": self.writer, "commands": encode(commands)}, seconds=_SECONDS)
        outcome = run_jobs(self.files, [job])[0]
        if outcome.status != 0:
            raise LabError(
                f"the guest did not write all commands: {outcome.output[-300:]} {outcome.console[-1000:]}"
            )
        answers = parse_answers(outcome.data, len(commands))
        assert len(answers) == len(commands)
        return verdicts, answers

    def differences(self, commands: Commands) -> list[tuple[int, str, Verdict, Answer]]:
        """Where they differ, and how."""
        verdicts, answers = self.ask(commands)
        judge = new_judge(self.kernel)
        both = zip(verdicts, answers, strict=True)
        return [
            (number, how, verdict, answer)
            for number, (verdict, answer) in enumerate(both)
            if (how := disagreement(verdict, answer, judge))
        ]

    def shrink(self, commands: Commands, number: int) -> str:
        """A small text of a disagreement about the last of some commands, with both opinions."""
        file, text = commands[number]
        before = _related(commands[:number], text)
        found = self._last_differs([*before, (file, text)])
        if found is None:
            before = list(commands[:number])
            found = self._last_differs([*before, (file, text)])
        elif before and self._last_differs([(file, text)]) is not None:
            before = []
        if not before:
            text = self._shorten(file, text)
            found = self._last_differs([(file, text)])
        if found is None:
            return f"{text!r}: it does not differ when it is asked again"
        how, verdict, answer = found
        lines = "".join(f"  after {earlier!r}\n" for _, earlier in before[-10:])
        return f"{how}: {text!r}\n{lines}  the kernel {answer}\n  the checker {opinion(verdict)}"

    def _last_differs(self, commands: Commands) -> tuple[str, Verdict, Answer] | None:
        found = self.differences(commands)
        return found[-1][1:] if found and found[-1][0] == len(commands) - 1 else None

    def _shorten(self, file: str, text: str) -> str:
        for _ in range(_ROUNDS):
            shorter = _shorter(text)
            differ = {number for number, *_ in self.differences([(file, one) for one in shorter])}
            # those that differ in company may not alone
            alone = sorted((shorter[number] for number in differ), key=len)[:3]
            kept = [one for one in alone if self._last_differs([(file, one)]) is not None]
            if not kept:
                return text
            text = kept[0]
        return text


def _related(commands: Commands, text: str) -> list[tuple[str, str]]:
    """Earlier commands that name the same event."""
    name = text.split(" ")[0].partition(":")[2].replace(".", "/").rpartition("/")[2]
    return [pair for pair in commands if name and name in pair[1]]


def _shorter(text: str) -> list[str]:
    words = text.split(" ")
    made = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))]
    for size in (8, 4, 2, 1):
        made += [text[:at] + text[at + size :] for at in range(0, len(text) - size + 1, size)]
    return list(dict.fromkeys(one for one in made if one.strip() and one != text))[:400]


def asked(name: str) -> Asked:
    """A kernel by its name; raises `LabError`."""
    files = fetch_kernel(name)
    return Asked(files, load_kernel(str(captured_folder(files))), build_writer())


def build_writer() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "write"
        subprocess.run(["gcc", "-O1", "-static", "-o", str(made), str(_SOURCE)], check=True)
        return made.read_bytes()
