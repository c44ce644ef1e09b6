"""The kernel's caret for what is wrong in a spec; tests/kernels/test_commands.py compares it with booted kernels."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from probelang.analysis import lint as lint_one
from probelang.cli.main import main
from probelang.project import lint
from probelang.source import Source
from probelang.stored import pack, unpack
from tests.commands.broken_specs import refused
from tests.support.specs import KERNELS, bundled

#: Errors that are foreseen without a column somewhere, and why.
WITHOUT = {
    "DIFF_ARG_TYPE": "it takes several commands",
    "TOO_MANY_OPS": "offsets of a long way do not fit into an arg, so that another error comes first",
    "NOSUP_PERCPU": "members of variables have no words in a command",
    "BAD_ATTACH_ARG": "Linux 6.1 has no words for members",
    "BAD_VAR": "no kernel has watch and monitor",
    "NOSUP_BTFARG": "no kernel has watch and monitor",
    "RETVAL_ON_PROBE": "Linux 6.1 has no tprobes",
    "USED_ARG_NAME": "the first of a name has no words in a command",
    "BAD_RETPROBE": "lines are not looked up for what has no return",
}


def carets(spec: str, kernel: str = "6.12", name: str = "t.pl") -> list[tuple[str, str | None, str | None]]:
    """For each error of the kernel: its name, the command, and what of it the caret is at."""
    found = lint(Source(name, spec), [bundled(kernel)], carets=True)
    return [
        (
            one.kernel_error,
            one.kernel_command,
            None
            if one.kernel_column is None or one.kernel_command is None
            else one.kernel_command.encode()[one.kernel_column :].decode(),
        )
        for one in found
        if one.kernel_error is not None
    ]


@pytest.mark.parametrize("kernel", KERNELS)
def test_there_is_a_column_but_for_reasons(kernel: str) -> None:
    found = refused(bundled(kernel))
    without = {said.kernel_error for _, said in found if said.kernel_column is None}
    assert without <= set(WITHOUT)
    assert all(said.kernel_text for _, said in found)
    assert sum(said.kernel_column is None for _, said in found) < len(found) / 5


@pytest.mark.parametrize(
    ("spec", "kernel", "expected"),
    [
        (
            "a = fprobe vfs_read { n = count: u8, ino = file->f_inod->i_ino }",
            "6.12",
            ("NO_BTF_FIELD", "f:t/a vfs_read n=count:u8 ino=file->f_inod->i_ino", "f_inod->i_ino"),
        ),
        ("kprobe vfs_read { count: u63 }", "6.1", ("BAD_TYPE", "p:t/vfs_read vfs_read count=$arg3:u63", "u63")),
        ("kprobe nothing%return", "6.12", ("BAD_PROBE_ADDR", "r:t/nothing_return nothing", "nothing")),
        ("eprobe a:b { $comm }", "7.3", ("BAD_ATTACH_EVENT", "e:t/b a.b", "a.b")),
        (
            "group g\nfprobe vfs_{read,write} { file->f_inod }",
            "7.3",
            ("NO_BTF_FIELD", "f:g/vfs_read vfs_read f_inod=file->f_inod", "f_inod"),
        ),
        (
            "fprobe vfs_read { a = (struct nothing *)file, b = ((struct file *)file)->nothing }",
            "7.3",
            ("NO_BTF_FIELD", "f:t/vfs_read vfs_read b=(file)(file)->nothing", "nothing"),
        ),
        (
            'fprobe vfs_read if file->f_path.dentry->d_name.name == "é" { file->nothing }',
            "6.12",
            (
                "NO_BTF_FIELD",
                "f:t/vfs_read vfs_read nothing=file->nothing name=file->f_path.dentry->d_name.name:string",
                "nothing name=file->f_path.dentry->d_name.name:string",
            ),
        ),
        ("fprobe vfs_read { $arg* }\nfprobe schedule { $arg* }", "6.12", ("NO_BTFARG", None, None)),
        ("fprobe vfs_read { x = count[1]: u63 }", "6.12", ("BAD_TYPE", None, None)),
        ("args a(f: struct file *) { f->nothing }\nfprobe vfs_read { use a(file) }", "6.12", ("NO_BTF_FIELD", None, None)),
    ],
)  # fmt: skip
def test_columns(spec: str, kernel: str, expected: tuple[str, str | None, str | None]) -> None:
    found = carets(spec, kernel)
    assert expected in found or (expected[1] is None and not any(one[1] for one in found)), found


def test_in_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "cache"))
    spec = tmp_path / "x.probe"
    spec.write_text("fprobe vfs_read { cuont }\n")
    wanted = {
        "name": "NO_BTFARG",
        "text": "This variable is not found at this probe point",
        "column": 29,
        "command": "f:x/vfs_read vfs_read cuont=cuont",
    }
    # what a run in another format kept has no columns
    for options in (["text"], ["json"], ["json"], ["json", "--no-cache"]):
        arguments = ["lint", "--kernel", "6.1", "--kernel", "6.12", "--format", *options, str(spec)]
        assert main(arguments) == 1
        out = capsys.readouterr().out
        if options[0] == "json":
            assert json.loads(out)[0]["kernel_error"] == wanted
    assert main(["lint", "--kernel", "6.12", "--target", "perf", "--format", "json", str(spec)]) == 1
    assert json.loads(capsys.readouterr().out)[0]["kernel_error"]["column"] is None


def test_they_are_kept() -> None:
    source = Source("t.pl", "fprobe vfs_read { cuont }")
    found = lint(source, [bundled("6.12")], carets=True)
    assert unpack(pack(found), len(source.text)) == tuple(found)
    assert found[0].kernel_command


def test_many_mistakes_take_no_time() -> None:
    kernel = bundled("6.12")
    lint_one(Source("t.pl", "fprobe vfs_read { cuont }"), kernel, carets=True)
    for spec in (
        "x = fprobe vfs_read { count }\n" * 2000,
        "fprobe vfs_read {\n" + "cuont\n" * 2000 + "}",
        "fprobe vfs_read { x = " + "*" * 150 + "cuont }",
        "fprobe vfs_* { cuont }",
    ):
        start = time.process_time()
        plain = lint_one(Source("t.pl", spec), kernel)
        middle = time.process_time()
        assert len(lint_one(Source("t.pl", spec), kernel, carets=True)) == len(plain)
        assert time.process_time() - middle < 3 * (middle - start) + 2
