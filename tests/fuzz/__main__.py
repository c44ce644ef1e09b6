"""`python -m tests.fuzz [--seconds N] [--target T]… [--seed S]`: spoilt input until the time is over.

Every failure is saved, with a smaller input that fails in the same way; `--replay FOLDER` runs a saved one again. Exit
status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from tests.fuzz.shrink import Files, shrink
from tests.fuzz.targets import TARGETS, Target

MOST_SECONDS = 5
MOST_MEMORY = 500 << 20
SLOW = 1.0


class Hang(BaseException):
    """More than MOST_SECONDS for one input; no `except Exception` may keep it."""


def _on_alarm(number: int, frame: FrameType | None) -> None:
    raise Hang(f"more than {MOST_SECONDS} s")


def failure_of(target: Target, files: Files) -> BaseException | None:
    """What an input brings about, within limits of time (of the processor) and memory."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_MEMORY, hard))
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, 20 * MOST_SECONDS)
    try:
        target.run(files)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    return None


def kind_of(error: BaseException) -> str:
    """Failures of one kind have one cause: the exception, and where in our code it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, Hang | MemoryError):
        return type(error).__name__
    last = next((frame for frame in reversed(frames) if "/probelang/" in frame.filename), frames[-1])
    detail = str(error)[:40] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno} {detail}".strip()


def save(folder: Path, files: Files) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def load(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def report(name: str, files: Files, error: BaseException, where: Path) -> None:
    """Print a failure, and keep it twice: as it was, and smaller."""
    target, kind = TARGETS[name], kind_of(error)
    save(where / "whole", files)
    (where / "target").write_text(name + "\n")
    text = "".join(traceback.format_exception(error))
    (where / "failure").write_text(text)
    print(f"\n{name}: {kind}\n{text[-1500:]}saved in {where}", flush=True)

    def fails(less: Files) -> bool:
        found = failure_of(target, less)
        return found is not None and kind_of(found) == kind

    small = shrink(files, fails)
    save(where / "small", small)
    for part, data in small.items():
        print(f"  {part}: {data[:300]!r}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--target", action="append", choices=TARGETS, help="what to fuzz; all by default")
    parser.add_argument(
        "--seed", type=int, help="of the random numbers; printed, to run the same inputs again"
    )
    parser.add_argument(
        "--save", type=Path, default=Path(tempfile.gettempdir()) / "probelang-fuzz", metavar="FOLDER"
    )
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="run one saved input")
    options = parser.parse_args()
    # nothing is kept of spoilt kernels, and nothing of the user's is read
    os.environ["PROBELANG_CACHE_DIR"] = "/nonexistent/cache"
    signal.signal(signal.SIGPROF, _on_alarm)
    signal.signal(signal.SIGALRM, _on_alarm)
    if options.replay is not None:
        folder = options.replay
        TARGETS[(folder.parent / "target").read_text().strip()].run(load(folder))
        return 0
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    names = options.target or list(TARGETS)
    print(f"seed {seed}, targets {', '.join(names)}", flush=True)
    return 1 if fuzz(names, seed, options.seconds, options.save) else 0


def fuzz(names: list[str], seed: int, seconds: float, where: Path) -> int:
    """The number of kinds of failure found."""
    end = time.monotonic() + seconds
    kinds: dict[str, int] = {}
    counts = dict.fromkeys(names, 0)
    slowest: dict[str, tuple[float, Files]] = dict.fromkeys(names, (0.0, {}))
    number = 0
    while time.monotonic() < end:
        name = names[number % len(names)]
        rng = random.Random(f"{seed} {name} {number}")
        files = TARGETS[name].make(rng)
        began = time.process_time()
        error = failure_of(TARGETS[name], files)
        took = time.process_time() - began
        if took > slowest[name][0]:
            slowest[name] = (took, files)
        counts[name] += 1
        number += 1
        if error is None:
            continue
        kind = f"{name}: {kind_of(error)}"
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] == 1:
            report(name, files, error, where / f"{seed}-{name}-{number - 1}")
    for name in names:
        took, files = slowest[name]
        kept = ""
        if took > SLOW:
            folder = where / f"{seed}-{name}-slowest"
            save(folder / "whole", files)
            (folder / "target").write_text(name + "\n")
            kept = f", kept in {folder}"
        print(f"{name}: {counts[name]} inputs, the slowest {took * 1000:.0f} ms of processor time{kept}")
    for kind, count in kinds.items():
        print(f"FAILED {count} times: {kind}")
    return len(kinds)


if __name__ == "__main__":
    sys.exit(main())
