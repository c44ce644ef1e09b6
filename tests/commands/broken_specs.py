"""Specs with something wrong in them, and what the checker says a kernel would answer to commands that say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from probelang.analysis import lint
from probelang.check.rules import RULES
from probelang.diagnostics import Diagnostic
from probelang.kernel.interface import Kernel
from probelang.source import Source

TESTS = Path(__file__).parent.parent

#: One each, in the words that users would have; the caret of this is where the kernel's caret should be, after the spec's own.
SPECS = """
x = fprobe vfs_read { ino = file->f_inod->i_ino }
x = fprobe vfs_read { count, file->f_inode->i_inp }
x = fprobe vfs_read { a = file->f_inode->i_sb->s_typo->name, count }
x = fprobe vfs_read if file->f_inod->i_ino > 3 { count }
x = fprobe vfs_read if kount > 3
x = kprobe vfs_read { cuont, pos = *pos }
x = kprobe vfs_read { pos = +8(pso): u64 }
x = kprobe vfs_read { count: u63 }
x = kprobe vfs_read { %rax }
x = kprobe vfs_read { $nothing }
x = kprobe vfs_read { $retval }
x = kprobe vfs_read { $stack9999 }
x = kprobe vfs_read { count: x8[65] }
x = kprobe vfs_read { count, b = count, count }
x = fprobe vfs_read { count->x }
x = fprobe vfs_read { count: b65@0/64 }
x = fprobe vfs_raed { count }
x = kprobe vfs_raed
x = kprobe vfs_raed%return { $retval }
x = kprobe do_int3
x = kprobe name_show
x = kprobe vfs_read+8%return
x = eprobe sched:sched_swich { prev_pid }
x = eprobe sched:sched_switch { prev_pdi }
x = tprobe sched_switch { prev->pidd }
x = tprobe sched_switch { prev->comm, $retval }
x = kprobe mmput%return { $retval }
x = fprobe mmput%return { $retval }
x = kprobe vfs_read%return with maxactive=5000 { $retval }
x = kprobe vfs_read with maxactive=5 { count }
x = kprobe vfs_read { a_name_that_is_longer_than_31_characters = count }
x = kprobe vfs_read { common_pid = count }
x = kprobe vfs_read { file->f_inode->i_sb: symstr }
a_name_that_has_more_than_sixty_three_characters_as_no_event_may_have = kprobe vfs_read
sched/sched_switch = kprobe vfs_read
x = uprobe /bin/busybox:0x1000 { a = $stack: u63 }
x = uprobe /bin/busybox:0x1000 { @jiffies }
x = fprobe vfs_read { "text": u32 }
x = fprobe vfs_read { \N{LATIN SMALL LETTER E WITH ACUTE} = count }
x = fprobe vfs_read if file->f_path.dentry->d_name.name == "\N{LATIN SMALL LETTER E WITH ACUTE}" { file->f_inod }
"""


def sources() -> Iterator[Source]:
    """All of them, and those of other tests."""
    for number, line in enumerate(SPECS.strip().splitlines()):
        yield Source(f"spec{number}.probe", line + "\n")
    for rule in RULES:
        if rule.example:
            yield Source(f"{rule.code}.probe", rule.example)
    for folder in ("golden/err", "lint/mistakes"):
        for path in sorted((TESTS / folder).glob("**/*.pl")):
            yield Source(path.name, path.read_text("utf-8", "surrogateescape"))


def refused(kernel: Kernel) -> list[tuple[Source, Diagnostic]]:
    """Every diagnostic that foresees an error of the kernel."""
    return [
        (source, found)
        for source in sources()
        for found in lint(source, kernel, carets=True)
        if found.kernel_error is not None
    ]
