"""What must work wherever the package is installed; run by its interpreter, in an empty folder, with what is installed and nothing else."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
PROGRAM = str(Path(sys.executable).with_name("probelang"))
SPEC = """\
# large reads
group io

big_read = fprobe vfs_read if count > 64 * 1024 {
    count
    ino = file->f_inode->i_ino
}
"""


def run(*words: str, status: int = 0, given: str = "") -> str:
    done = subprocess.run([PROGRAM, *words], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    assert "Warning" not in done.stderr and "Traceback" not in done.stderr, (words, done.stderr)
    return done.stdout


def import_all() -> None:
    """Every module: what a version of Python has no more shows here."""
    import probelang

    home = Path(str(probelang.__file__)).parent
    assert HERE not in home.parents, f"{home} is not what was installed"
    assert (home / "py.typed").is_file()
    for module in pkgutil.walk_packages([str(home)], "probelang."):
        if module.name != "probelang.__main__":
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                # of an extra that was not asked for
                assert (error.name or "").split(".")[0] not in ("", "probelang"), error
                assert error.name not in sys.stdlib_module_names, error


def use_the_command_line() -> None:
    version = run("--version")
    as_module = subprocess.run(
        [sys.executable, "-m", "probelang", "--version"], capture_output=True, text=True, check=True
    )
    assert as_module.stdout == version
    Path("reads.probe").write_text(SPEC)
    for kernel in ("6.1", "6.12", "7.3"):
        for target in ("tracefs", "perf", "bpftrace"):
            assert "vfs_read" in run("compile", "--kernel", kernel, "--target", target, "reads.probe")
    (found,) = json.loads(
        run("lint", "--kernel", "7.3", "--format", "json", "-", status=1, given="fprobe vfs_raed\n")
    )
    assert found["code"] == "PRB201"
    run("lint", "--kernel", "6.1", "--kernel", "7.3", "reads.probe")
    run("fmt", "--check", "reads.probe")
    assert "unknown-member" in run("rule", "PRB301")
    assert "6.12" in run("kernel", "show", "--kernel", "6.12")
    assert (
        run("import", "--kernel", "6.12", "-", given="f:io/rd vfs_read count=count:u64\n").count("fprobe")
        == 1
    )


def use_the_functions() -> None:
    import probelang

    assert probelang.compile(Path("reads.probe"), "6.12").events[0].name == "io/big_read"
    assert [one.slug for one in probelang.lint("fprobe vfs_raed", ["6.12", "7.3"])] == ["unknown-function"]
    assert probelang.format(SPEC) == SPEC


def ask_the_language_server() -> None:
    def message(content: dict[str, object]) -> bytes:
        body = json.dumps({"jsonrpc": "2.0", **content}).encode()
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    started: dict[str, object] = {"processId": None, "rootUri": None, "capabilities": {}}
    asked = [
        message({"id": 1, "method": "initialize", "params": started}),
        message({"method": "initialized", "params": {}}),
        message({"id": 2, "method": "shutdown"}),
        message({"method": "exit"}),
    ]
    done = subprocess.run(
        [PROGRAM, "lsp", "--stdio"], input=b"".join(asked), capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"hoverProvider" in done.stdout, done.stdout
    assert b"Traceback" not in done.stderr, done.stderr


if __name__ == "__main__":
    import_all()
    use_the_command_line()
    use_the_functions()
    ask_the_language_server()
    print("works", sys.version.split()[0])
