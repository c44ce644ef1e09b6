"""What the linter says of kernels, and what its fixes make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kernels.cases.common import READ
from tests.kernels.lab.case import Case, Expected, fact, one

if TYPE_CHECKING:
    from tests.kernels.lab.suite import Run


def _misses_some(run: Run) -> None:
    hits = {
        event: sum(hit.event == event and str(hit.tid) == run.facts["reader"] for hit in run.hits)
        for event in ("whole", "rest")
    }
    if not hits["whole"] < hits["rest"]:
        raise Expected(f"the function sees what its piece sees: {hits}")


CASES = [
    Case(
        "other-names-of-members",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            mtime = file->f_inode->i_mtime.tv_sec ?? file->f_inode->i_mtime_sec
            nsec  = file->f_inode->i_mtime.tv_nsec ?? file->f_inode->i_mtime_nsec
            short = file->f_path.dentry->d_iname ?? file->f_path.dentry->d_shortname.string: string
        }
        """,
        do=READ + "fact mtime $(stat -c %Y f)",
        expect=[one("rd", tid_=fact("reader"), mtime=fact("mtime"), short="f")],
    ),
    Case(
        "other-names-of-functions",
        spec="""
        do_mkdirat = fprobe do_mkdirat ?? filename_mkdirat if mode == 0o777 { name->name, mode }
        gone       = fprobe do_rmdir ?? filename_rmdir { name->name }
        """,
        do="known maker mkdir some-folder; rmdir some-folder",
        expect=[one("gone", name="some-folder"), one("do_mkdirat", name="some-folder", mode=0o777)],
    ),
    Case(
        "partly-inlined",
        # 7.3 has no such piece of this function
        on=("6.1", "6.12"),
        spec="""
        whole = kprobe getname_flags
        rest  = kprobe getname_flags.part.0
        """,
        do=READ,
        expect=[_misses_some],
    ),
]
