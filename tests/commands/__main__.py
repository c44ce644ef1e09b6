"""`python -m tests.commands --kernel 6.12 --seed 7 --count 2000`: where the checker and a booted kernel differ."""

from __future__ import annotations

import argparse
import collections
import time
from pathlib import Path

from tests.commands.asked import Asked, asked
from tests.commands.coverage import coverage
from tests.commands.generator import CommandGenerator
from tests.commands.imports import compare_imports
from tests.commands.opinions import disagreement, new_judge, opinion
from tests.commands.vocabulary import vocabulary
from tests.kernels.lab.fetch import KERNELS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.commands", description=__doc__)
    parser.add_argument("--kernel", action="append", choices=KERNELS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--show", type=int, default=15, help="how many disagreements are printed")
    parser.add_argument(
        "--shrink", action="store_true", help="make them small first, which takes some boots each"
    )
    parser.add_argument(
        "--file", help="commands, a line each, instead of generated ones; all opinions are printed"
    )
    parser.add_argument(
        "--imports", action="store_true", help="import what it takes, compile that, and compare what it lists"
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="print what was taken of each kind, and how often each error came",
    )
    options = parser.parse_args()
    for name in options.kernel or KERNELS:
        kernel = asked(name)
        if options.imports:
            _compare(name, kernel, options)
            continue
        if options.file:
            commands = [("d", line) for line in Path(options.file).read_text("latin-1").splitlines()]
        else:
            commands = CommandGenerator(vocabulary(kernel.kernel, options.seed), options.seed).commands(
                options.count
            )
        began = time.monotonic()
        verdicts, answers = kernel.ask(commands)
        judge = new_judge(kernel.kernel)
        differ: collections.Counter[str] = collections.Counter()
        for number, ((file, text), verdict, answer) in enumerate(
            zip(commands, verdicts, answers, strict=True)
        ):
            how = disagreement(verdict, answer, judge)
            differ.update([how] if how else [])
            if options.file or (how and sum(differ.values()) <= options.show):
                if how and options.shrink:
                    print(kernel.shrink(commands, number))
                else:
                    print(
                        f"{how or 'agreed'}: {file} {text!r}\n  the kernel {answer}\n  the checker {opinion(verdict)}"
                    )
        met = coverage(kernel.kernel, commands, [answer.errno == 0 for answer in answers], verdicts)
        print(
            f"Linux {name}, seed {options.seed}: {len(commands)} commands, {met.taken.total()} taken, {len(met.errors)} errors met; "
            f"they differ on {sum(differ.values())} {dict(differ) if differ else ''}; not known: {met.doubts.total()} {dict(met.doubts)} "
            f"({time.monotonic() - began:.0f} s)",
            flush=True,
        )
        if options.coverage:
            print(met, flush=True)


def _compare(name: str, kernel: Asked, options: argparse.Namespace) -> None:
    began = time.monotonic()
    outcome = compare_imports(kernel, options.seed, options.count)
    for event, before, after in outcome.wrong[: options.show]:
        print(f"{event}:\n  before {before}\n  after {after}")
    print(f"Linux {name}, seed {options.seed}: {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
    for why, count in outcome.left.most_common(options.show):
        print(f"    {count} × {why}")


main()
