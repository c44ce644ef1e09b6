"""Raw commands as a spec: what becomes of them, and that it means the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.cli.main import main
from probelang.commands.importing import import_commands
from probelang.kernel.load import load_kernel
from probelang.program.load import load_program
from probelang.source import Source
from tests.support.programs import STATIC_PROBE
from tests.unit.program.build import compile_c


def imported(text: str, kernel: str = "6.12") -> str:
    return import_commands(Source("x", text), load_kernel(kernel)).text


@pytest.mark.parametrize(
    ("kernel", "command", "expected"),
    [
        ("6.1", "p:a/b vfs_read ino=+64(+32($arg1)):u64", "a/b = kprobe vfs_read { ino = file->f_inode->i_ino }"),
        ("6.1", "p:a/b vfs_read n=$arg3", "a/b = kprobe vfs_read { n = count: x64 }"),
        ("6.12", "f:a/b vfs_read count", "a/b = fprobe vfs_read { count }"),
        ("6.12", "f:a/b vfs_read p=+0($arg4):s64", "a/b = fprobe vfs_read { p = *pos }"),
        ("6.12", "r9:a/b vfs_read ret=$retval:s64", "a/b = kprobe vfs_read%return with maxactive=9 { ret = $retval }"),
        ("6.12", "t:a/b sched_switch c=prev->comm:string", "a/b = tprobe sched_switch { c = prev->comm }"),
        ("6.12", "e:a/b sched.sched_switch p=$next_pid:s32", "a/b = eprobe sched:sched_switch { p = next_pid }"),
        ("6.12", "p:a/b vfs_read r=%di:u32", "a/b = kprobe vfs_read { r = %di: u32 }"),
        ("6.12", "p:a/b vfs_read x=+8(%di):u8[4]", "a/b = kprobe vfs_read { x = +8(%di): u8[4] }"),
        ("6.12", "p:a/b vfs_read c=$comm", "a/b = kprobe vfs_read { c = $comm }"),
        ("6.12", 'p:a/b vfs_read t=\\"x"', 'a/b = kprobe vfs_read { t = "x" }'),
        ("6.1", "p:a/b vfs_read n=%dx:u64 ino=+64(+32(%di)):u64", "a/b = kprobe vfs_read { n = count ino = file->f_inode->i_ino }"),
        ("6.12", "f:a/b vfs_read file->f_path", "a/b = fprobe vfs_read { arg1 = +64(file): x64 }"),
        ("6.12", "p:a/b vfs_read b=+4(@jiffies):b0x3@04/0x20", "a/b = kprobe vfs_read { b = +4(@jiffies): b3@4/32 }"),
        ("6.12", "e:a/b sched.sched_switch p=$next_pid:s32 if prev_pid != 0x3&&next_comm ~ 'x*'", 'a/b = eprobe sched:sched_switch if prev_pid != 3 && next_comm ~ "x*" { p = next_pid }'),
        ("6.12", "p:a/b vfs_read n=%si\np:a/b vfs_write n=%si", "a/b = kprobe {vfs_read,vfs_write} { n = buf: x64 }"),
        ("6.12", "f:a/b vfs_fsync file->f_pos\nf:a/b vfs_setpos file->f_pos:s64", "a/b = fprobe {vfs_fsync,vfs_setpos} { arg1 = file->f_pos }"),
        ("6.12", "f:a/b vfs_read count\ne:a/c a.b n=$count:u64 if count > 3", "a/b = fprobe vfs_read { count } a/c = eprobe a:b if count > 3 { n = count }"),
    ],
)  # fmt: skip
def test_probes(kernel: str, command: str, expected: str) -> None:
    text = imported(command, kernel)
    assert " ".join(text.split()) == expected
    assert not analyse(Source("y", text), load_kernel(kernel)).failed


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("p:a/b vfs_reed", "the kernel refuses it (BAD_PROBE_ADDR)"),
        ("s:a u64 x", "a synthetic event has no place in a spec of its own"),
        (
            "e:a/b sched.sched_switch x=$prev_comm:u64",
            "the language refuses it: a string cannot be recorded as `u64`",
        ),
        (
            "e:a/b sched.sched_switch if CPU == CPUS{0}",
            "the language has no words for `CPUS{0}` in a condition",
        ),
        ("p:a/b vmlinux:vfs_read", "the kernel would wait for a module `vmlinux`"),
        ("p:a/b /bin/sh:0x10(0x20)", "a semaphore belongs to a static probe"),
    ],
)
def test_what_stays_behind_says_why(command: str, why: str) -> None:
    made = import_commands(Source("x", command), load_kernel("6.12"))
    assert made.probes == 0 and len(made.left) == 1
    assert why in made.text and command in made.text
    assert not analyse(Source("y", made.text), load_kernel("6.12")).failed


def test_what_is_removed_again_is_left_out() -> None:
    text = imported("p:g/a vfs_read\np:g/b vfs_read\n-:g/a\np:g/a vfs_write x=%di\n-:g/b vfs_open\n")
    assert " ".join(text.split()) == (
        "g/b = kprobe vfs_read g/a = kprobe vfs_write { x = file } # the kernel refuses it (no-such-event): # -:g/b vfs_open"
    )
    assert imported("p:g/a vfs_read\np:h/a vfs_read\n-:g/\n").strip() == "h/a = kprobe vfs_read"
    made = import_commands(Source("x", "p:g/a vfs_read\n-:a\n"), load_kernel("6.12"))
    assert (made.text.strip(), made.probes, made.left) == ("", 0, ())


def test_a_semaphore_tells_the_static_probe(tmp_path: Path) -> None:
    path = compile_c(tmp_path, "static_probe", STATIC_PROBE, "-O1")
    site = next(site for site in load_program(path).usdt_probes() if site.semaphore_offset)
    command = f"p:a/b {path}:{site.file_offset:#x}({site.semaphore_offset:#x}) n=%di:s32"
    text = imported(command)
    assert " ".join(text.split()) == f"a/b = usdt {path}:{site.provider}:{site.name} {{ n = %di: s32 }}"
    assert "none that has it was found" in imported(command.replace("(0x", "(0x1"))


def test_points_come_and_go() -> None:
    """An event is left with the points that the kernel still has."""
    first = "p:g/a vfs_read x=%si\np:g/a vfs_write x=%si\n"
    assert " ".join(imported(first + "-:g/a vfs_read\n").split()) == "g/a = kprobe vfs_write { x = buf: x64 }"
    assert imported(first + "-:g/a\n").strip() == ""
    third = imported(first + "p:g/a vfs_fsync x=%si:u32\n")
    assert "kprobe {vfs_read,vfs_write}" in third and "DIFF_ARG_TYPE" in third
    orphan = imported(
        "p:g/a vfs_reed\ns:a u64 x\np:g/b /bin/sh:0x1(0x2) x=%si\np:g/b /bin/sh:0x4(0x6) x=%si\n"
    )
    assert "# one more point of an event that stayed behind" in orphan


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kprobe_events"
    file.write_text("p:io/rd vfs_read count=$arg3:u64\np:io/bad vfs_reed\n")
    assert main(["import", "--kernel", "6.1", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("io/rd = kprobe vfs_read { count }") or "count" in out
    assert "1 command" in err


def test_hostile() -> None:
    draw = random.Random(3)
    kernel = load_kernel("6.12")
    pieces = [
        "p:a/b ",
        "vfs_read",
        " $arg1",
        " +8(",
        "$arg1",
        ")",
        ":u8",
        "\0",
        "é",
        "\udcff",
        "\n",
        "\x1b[2J",
        "f:c/d ",
        " x=",
        '\\"',
        "#",
    ]
    for _ in range(100):
        made = import_commands(Source("x", "".join(draw.choices(pieces, k=draw.randrange(1, 25)))), kernel)
        assert "\x1b" not in made.text


WIKI = r"""#!/bin/sh
cd /sys/kernel/tracing
echo "p:io/a vfs_read n=\$arg3:u64" | sudo tee -a kprobe_events >/dev/null
printf 'p:io/b vfs_write n=$arg3:u64\n' >> kprobe_events
printf '%s\n' 'p:io/c vfs_fsync' >> kprobe_events
cat <<'END' >> dynamic_events
f:io/d vfs_fsync file

END
sudo tee -a /sys/kernel/tracing/dynamic_events <<EOF
p:io/e vfs_read n=\$arg3:u64
p:io/$NAME vfs_read
EOF
p:io/f vfs_write
for f in a b; do
    echo "p:$f vfs_$f" >> kprobe_events
done
: > trace
cat kprobe_events
echo 1 > events/io/enable
"""


def test_scripts_lose_nothing() -> None:
    made = import_commands(Source("setup.sh", WIKI), load_kernel("6.12"))
    assert [line.split()[0] for line in made.text.splitlines() if line.startswith("io/")] == [
        "io/a", "io/b", "io/c", "io/d", "io/e", "io/f",
    ]  # fmt: skip
    why = "what the shell writes here is not known"
    assert made.left == ((r"p:io/$NAME vfs_read", why), (r'echo "p:$f vfs_$f" >> kprobe_events', why))
    assert "n = count" in made.text


def test_commands_on_lines_of_their_own_beside_a_shell_line() -> None:
    text = "p:io/a vfs_read\necho 'p:io/b vfs_write' >> /sys/kernel/debug/tracing/kprobe_events\n-:io/a\n"
    made = import_commands(Source("wiki", text), load_kernel("6.12"))
    assert made.text == "io/b = kprobe vfs_write\n"
    assert (made.removed, made.left) == (1, ())


def test_removed_events_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "setup.sh"
    file.write_text("echo 'p:io/a vfs_read' >> kprobe_events\nsleep 5\necho > kprobe_events\n")
    assert main(["import", "--kernel", "6.12", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"note: 1 event that it removes again itself: not in the spec ({file})" in said.err
