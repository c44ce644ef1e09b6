"""What can be asked of a spec: its diagnostics for a kernel, and the events it makes there.

The command line, and every editor, asks here; nothing below this knows about either.
"""

from __future__ import annotations

from probelang.linter import lint
from probelang.pipeline import Analysis, analyse, read

__all__ = ["Analysis", "analyse", "lint", "read"]
