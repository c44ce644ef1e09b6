"""Up to the kernel's limits, and at the odd ends of what it takes."""

from __future__ import annotations

from tests.kernels.cases.common import READ
from tests.kernels.lab.case import Case, exactly, fact, one, starting

_LONG_GROUP = "g" * 63
_LONG_EVENT = "e" * 63
_LONG_ARGUMENT = "a" * 31

CASES = [
    Case(
        "longest-names",
        spec=f"{_LONG_GROUP}/{_LONG_EVENT} = fprobe vfs_read if {_LONG_ARGUMENT} == 4321 {{ {_LONG_ARGUMENT} = count }}",
        do=READ,
        expect=[one(_LONG_EVENT, tid_=fact("reader"), **{_LONG_ARGUMENT: 4321})],
    ),
    Case(
        "most-arguments",
        spec="rd = fprobe vfs_read if a0 == 4321 {\n"
        + "".join(f"    a{number} = count\n" for number in range(128))
        + "}",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), a0=4321, a64=4321, a127=4321)],
    ),
    Case(
        "long-condition",
        spec="rd = fprobe vfs_read if "
        + " || ".join(f"count == {4321 + 7 * number}" for number in range(60))
        + " { count }",
        do=READ
        + "dd if=f of=/dev/null bs=4734 count=1 2>/dev/null; dd if=f of=/dev/null bs=4733 count=1 2>/dev/null",
        expect=[
            one("rd", tid_=fact("reader"), count=4321),
            one("rd", count=4734),
            exactly(0, "rd", count=4733),
        ],
    ),
    Case(
        "longest-array",
        spec="rd = fprobe vfs_read if count == 4321 { words = file->f_inode: x8[64], count }",
        do=READ,
        expect=[
            one("rd", tid_=fact("reader"), words=lambda value: isinstance(value, list) and len(value) == 64)
        ],
    ),
    Case(
        "nine-points",
        spec="rd = fprobe {vfs_read,vfs_write,vfs_open,vfs_unlink,vfs_rename,vfs_mkdir,vfs_rmdir,vfs_symlink,vfs_link} { $comm }",
        do="""
        known maker mkdir folder
        known remover rmdir folder
        echo x >f
        known linker ln f g
        known mover mv g h
        known symlinker ln -s f i
        known deleter rm i
        """,
        expect=[
            one("rd", tid_=fact("maker"), place_=starting("vfs_mkdir")),
            one("rd", tid_=fact("remover"), place_=starting("vfs_rmdir")),
            one("rd", tid_=fact("linker"), place_=starting("vfs_link")),
            one("rd", tid_=fact("mover"), place_=starting("vfs_rename")),
            one("rd", tid_=fact("symlinker"), place_=starting("vfs_symlink")),
            one("rd", tid_=fact("deleter"), place_=starting("vfs_unlink")),
        ],
    ),
    Case(
        "no-arguments",
        spec="gone = fprobe vfs_unlink",
        do="echo x >f; known deleter rm f",
        expect=[one("gone", tid_=fact("deleter"))],
    ),
    Case(
        "constants",
        spec="rd = fprobe vfs_read if count == 4321 { text = \"$(two)-'words'\", n = 42, below = -1, count }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), text="$(two)-'words'", n=42, below=-1)],
    ),
]
