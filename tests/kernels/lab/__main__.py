"""`python -m tests.kernels.lab`: ask a real kernel a question. See tests/kernels/README.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import KERNELS, SUITES, LabError, fetch_kernel
from tests.kernels.lab.tools import TOOLS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kernels.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="fetch kernels into the cache and say where they are")
    fetch.add_argument("kernels", nargs="*", default=list(KERNELS), metavar="KERNEL")
    run = commands.add_parser("run", help="boot a kernel, run a script as root, print its output")
    run.add_argument("script", help="a file, or - for standard input")
    run.add_argument(
        "--kernel", action="append", choices=list(SUITES), help="may be given again; default: 6.12"
    )
    run.add_argument(
        "--file", action="append", default=[], metavar="NAME=PATH", help="a file put beside the script"
    )
    run.add_argument("--seconds", type=float, default=60.0, help="kill the script after so long")
    run.add_argument("--cores", type=int, default=1)
    run.add_argument("--memory", type=int, default=1024, help="MiB")
    run.add_argument(
        "--tools",
        nargs="?",
        const="current",
        default="",
        choices=list(TOOLS),
        help="with bpftrace and perf in the guest: Debian's current ones, or the bpftrace of bookworm",
    )
    run.add_argument("--console", action="store_true", help="print the console's log too")
    shell = commands.add_parser("shell", help="boot a kernel with probelang in it, and type there as root")
    shell.add_argument("--kernel", choices=list(SUITES), default="6.12")
    shell.add_argument("files", nargs="*", metavar="FILE", help="put into the folder that one types in")
    options = parser.parse_args()
    try:
        if options.command == "fetch":
            for name in options.kernels:
                kernel = fetch_kernel(name)
                print(name, kernel.package_version, kernel.vmlinuz)
            return 0
        if options.command == "shell":
            from tests.kernels.lab.inside import PYTHON
            from tests.kernels.lab.shell import run_shell

            return run_shell(fetch_kernel(options.kernel), options.files, PYTHON)
        return _run(options)
    except (LabError, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    script = sys.stdin.read() if options.script == "-" else Path(options.script).read_text()
    files = {}
    for pair in options.file:
        name, _, path = pair.partition("=")
        files[name] = Path(path or name).read_bytes()
    worst = 0
    kernels = options.kernel or ["6.12"]
    for name in kernels:
        if len(kernels) > 1:
            print(f"== {name}", flush=True)
        job = Job(script, files, options.seconds)
        machine = Machine(memory=options.memory, cores=options.cores, tools=options.tools)
        outcome = run_job(fetch_kernel(name), job, machine)
        sys.stdout.write(outcome.output)
        if options.console or outcome.status is None:
            print(f"-- console\n{outcome.console}", file=sys.stderr)
        if outcome.status is None:
            print("lab: the guest died while the script ran", file=sys.stderr)
        elif outcome.timed_out:
            print(f"lab: the script was killed after {options.seconds:g} seconds", file=sys.stderr)
        worst = max(worst, 255 if outcome.status is None else outcome.status)
        sys.stdout.flush()
    return worst


if __name__ == "__main__":
    sys.exit(main())
