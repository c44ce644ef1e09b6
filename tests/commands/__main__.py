"""`python -m tests.commands --kernel 6.12 --seed 7 --count 2000`: where the checker and a booted kernel differ."""

from __future__ import annotations

import argparse
import collections
import subprocess
import time
from pathlib import Path

from probelang.kernel.load import load_kernel
from tests.commands.generator import CommandGenerator
from tests.commands.opinions import FILES, disagreement, encode, new_judge, opinion, parse_answers
from tests.commands.vocabulary import vocabulary
from tests.kernels.lab.boot import Job, run_jobs
from tests.kernels.lab.capture import captured_folder
from tests.kernels.lab.fetch import KERNELS, fetch_kernel


def writer() -> bytes:
    source = Path(__file__).parent.parent / "kernels/programs/write_commands.c"
    made = Path("/tmp") / f"write_commands.{source.stat().st_mtime_ns}"
    if not made.exists():
        subprocess.run(["gcc", "-O1", "-static", "-o", str(made), str(source)], check=True)
    return made.read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.commands", description=__doc__)
    parser.add_argument("--kernel", action="append", choices=KERNELS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--show", type=int, default=15)
    parser.add_argument("--file", help="commands, a line each, instead of generated ones")
    options = parser.parse_args()
    for name in options.kernel or KERNELS:
        files = fetch_kernel(name)
        kernel = load_kernel(str(captured_folder(files)))
        start = time.process_time()
        if options.file:
            commands = [("d", line) for line in Path(options.file).read_text("latin-1").splitlines()]
        else:
            commands = CommandGenerator(vocabulary(kernel, options.seed), options.seed).commands(
                options.count
            )
        made = time.process_time()
        judge = new_judge(kernel)
        verdicts = [judge.judge(text, FILES[file]) for file, text in commands]
        judged = time.process_time()
        job = Job("./write commands", {"write": writer(), "commands": encode(commands)}, seconds=900)
        outcome = run_jobs(files, [job])[0]
        assert outcome.status == 0, (outcome.status, outcome.output[-500:], outcome.console[-2000:])
        answers = parse_answers(outcome.data, len(commands))
        assert len(answers) == len(commands)
        doubts = collections.Counter(verdict.doubt for verdict in verdicts if verdict.taken is None)
        differ = collections.Counter()
        shown = 0
        for (file, text), verdict, answer in zip(commands, verdicts, answers, strict=True):
            how = disagreement(verdict, answer, kernel, judge)
            if how or options.file:
                differ[how] += 1
                if shown < options.show or options.file:
                    shown += 1
                    print(f"{how}: {file} {text!r}\n  kernel {answer}\n  checker {opinion(verdict)}")
        taken = sum(answer.errno == 0 for answer in answers)
        print(
            f"== {name} seed {options.seed}: {len(commands)} commands, {taken} taken, differ {dict(differ)}, "
            f"doubt {dict(doubts)}; generate {made - start:.1f}s judge {judged - made:.1f}s guest {outcome.seconds:.1f}s",
            flush=True,
        )


main()
