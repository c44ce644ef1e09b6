"""`probelang load`, `unload` and `status`: what stays when the command is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.cli.common import UsageError

if TYPE_CHECKING:
    import argparse


def load(options: argparse.Namespace) -> int:
    raise UsageError("`probelang load` is not supported yet")


def unload(options: argparse.Namespace) -> int:
    raise UsageError("`probelang unload` is not supported yet")


def status(options: argparse.Namespace) -> int:
    raise UsageError("`probelang status` is not supported yet")
