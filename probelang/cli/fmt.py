"""`probelang fmt`: specs that are read, given their layout by `probelang.formatter.spec`, and written or compared."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FAILED, FOUND, OK, UsageError, read, say, wants_color, write_bytes
from probelang.cli.options import add_common, add_project

if TYPE_CHECKING:
    import argparse

    from probelang.source import Source


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang fmt`."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="write nothing: say which files would change; exit with 1 if any"
    )
    how.add_argument(
        "--diff", action="store_true", help="write nothing: show what would change; exit with 1 if any does"
    )
    add_common(parser, folders=True)
    add_project(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    from probelang.cli.files import find_specs, project_of

    color, color_errors = wants_color(options, sys.stdout), wants_color(options, sys.stderr)
    work = _Formatting(options.check, options.diff, color, color_errors)
    names, status = find_specs(options.files, project_of(options), options.force_exclude)
    for name in names:
        try:
            work.format(name, read(name))
        except UsageError as error:
            work.failed.append(str(error))
    for line in work.failed:
        say(line)
    if work.failed or status:
        return FAILED
    return FOUND if work.changed and (work.check or work.diff) else OK


def replace_file(path: str, text: str) -> None:
    """Write a file that is there, all of it or nothing: a reader sees the old text or the new one. Raises OSError.

    Mode, owner and links stay: a symbolic link is followed, and a file of another owner or of several names, which
    cannot be replaced without a change of those, is written in place.
    """
    data = text.encode("utf-8", "surrogateescape")
    path = os.path.realpath(path)
    # a file that may not be written is left alone, even if its folder may be
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "wb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        mine = (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid())
        if status.st_nlink > 1 or not (mine or os.geteuid() == 0) or not _replace(path, data, status):
            file.write(data)
            file.truncate()


def _replace(path: str, data: bytes, status: os.stat_result) -> bool:
    """Put a new file in the place of the old; False where the folder takes no new files."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return True


class _Formatting:
    """One go over several files: what it has found so far is in `changed` and `failed`."""

    def __init__(self, check: bool, diff: bool, color: bool, color_errors: bool) -> None:
        self.check = check
        self.diff = diff
        self.color = color
        self.color_errors = color_errors
        self.changed = False
        self.failed: list[str] = []
        """What could not be done, a line each, for standard error."""

    def format(self, name: str, source: Source) -> None:
        """Do what was asked for with one spec; `name` is `-` for standard input."""
        from probelang.formatter.spec import FormatError, format_spec

        try:
            formatted = format_spec(source)
        except FormatError:
            self.failed.append(
                f"{source.name} is left as it is: its layout would not say the same, which is a fault of probelang"
            )
            return
        if formatted.diagnostics:
            from probelang.render.text import render_text

            sys.stderr.write(render_text(source, formatted.diagnostics, color=self.color_errors))
            self.failed.append(f"{source.name} has syntax errors, and is left as it is")
            return
        self.changed |= formatted.changed
        if self.diff:
            from probelang.render.diff import render_diff

            safe = self.color or sys.stdout.isatty()
            write_bytes(render_diff(source.name, source.text, formatted.text, color=self.color, safe=safe))
        elif self.check:
            if formatted.changed:
                self._say_changed(source.name)
        elif name == "-":
            write_bytes(formatted.text)
        elif formatted.changed:
            try:
                replace_file(name, formatted.text)
            except OSError as error:
                self.failed.append(f"cannot write {name}: {error.strerror}")
                return
            self._say_changed(source.name)

    def _say_changed(self, name: str) -> None:
        from probelang.render.text import printable

        print(printable(name))
