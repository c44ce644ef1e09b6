"""The table of the kernel's `#define`s: right values, the same as this machine's C library and compiler have."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from probelang.kernel import constants
from probelang.kernel.constants import Ambiguous, Constant, find_constant

ROOT = Path(__file__).resolve().parents[3]
TABLE = Path(constants.__file__).with_name("constants_table.txt")
GCC = shutil.which("gcc")

on_x86_64_linux = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the table's values are x86-64's"
)
with_gcc = pytest.mark.skipif(GCC is None, reason="no gcc")


def value_of(name: str) -> int:
    found = find_constant(name)
    assert isinstance(found, Constant), f"{name}: {found}"
    return found.value


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [
        ("ENOENT", 2, "uapi/asm-generic/errno-base.h"),
        ("EOPNOTSUPP", 95, "uapi/asm-generic/errno.h"),
        ("ERESTARTSYS", 512, "linux/errno.h"),
        ("ERESTART_RESTARTBLOCK", 516, "linux/errno.h"),
        ("EPROBE_DEFER", 517, "linux/errno.h"),
        ("ENOTSUPP", 524, "linux/errno.h"),
        ("MAX_ERRNO", 4095, "linux/err.h"),
        ("O_CREAT", 0o100, "uapi/asm-generic/fcntl.h"),
        ("O_LARGEFILE", 0o100000, "uapi/asm-generic/fcntl.h"),
        ("AT_FDCWD", -100, "uapi/linux/fcntl.h"),
        ("AF_INET6", 10, "linux/socket.h"),
        ("SOCK_STREAM", 1, "linux/net.h"),
        ("IPPROTO_TCP", 6, "uapi/linux/in.h"),
        ("ETH_P_IPV6", 0x86DD, "uapi/linux/if_ether.h"),
        ("S_IFDIR", 0o040000, "uapi/linux/stat.h"),
        ("SIGKILL", 9, "uapi/asm/signal.h"),
        ("PF_KTHREAD", 0x00200000, "linux/sched.h"),
        ("TASK_UNINTERRUPTIBLE", 2, "linux/sched.h"),
        ("FMODE_WRITE", 2, "linux/fs.h"),
        ("MAY_READ", 4, "linux/fs.h"),
        ("CLONE_NEWUSER", 0x10000000, "uapi/linux/sched.h"),
        ("EPOLLIN", 1, "uapi/linux/eventpoll.h"),
        ("FS_IOC_GETFLAGS", 0x80086601, "uapi/linux/fs.h"),
        ("__NR_openat", 257, "uapi/asm/unistd_64.h"),
        ("INT_MIN", -(2**31), "vdso/limits.h"),
        ("S64_MIN", -(2**63), "linux/limits.h"),
        ("U64_MAX", 2**64 - 1, "linux/limits.h"),
        ("NSEC_PER_MSEC", 1_000_000, "vdso/time64.h"),
        ("PAGE_SIZE", 4096, "vdso/page.h"),
    ],
)
def test_well_known_names(name: str, value: int, header: str) -> None:
    assert find_constant(name) == Constant(name, value, header)


@on_x86_64_linux
@pytest.mark.parametrize(
    ("module", "pattern", "own", "least"),
    [
        # What the third column names is the C library's: it has another value in the kernel, or none there.
        (errno, r"E[A-Z0-9]+", {"ENOTSUP"}, 130),
        (os, r"(O|CLONE|EFD|SCHED|MFD|RWF)_\w+", {"O_LARGEFILE", "O_RSYNC", "SCHED_OTHER"}, 50),
        (stat, r"S_(IF|I[RWX]|IS)[A-Z]+", {"S_IFDOOR", "S_IFPORT", "S_IFWHT", "S_ISTXT"}, 20),
        (signal, r"SIG[A-Z0-9]+", {"SIGCLD", "SIGRTMIN", "SIGRTMAX"}, 30),
        (fcntl, r"(F|LOCK|DN)_\w+", {"F_GETLK64", "F_SETLK64", "F_SETLKW64"}, 40),
        (socket, r"(AF|SOCK|SOL|SO|MSG|IPPROTO|TCP|IPV6|SCM)_\w+", {"IPPROTO_MAX"}, 150),
    ],
    ids=lambda value: value.__name__ if isinstance(value, ModuleType) else "",
)
def test_values_of_the_c_library(module: ModuleType, pattern: str, own: set[str], least: int) -> None:
    theirs = {
        name: int(value)
        for name, value in vars(module).items()
        if isinstance(value, int) and re.fullmatch(pattern, name) and name not in own
    }
    ours = {name: found.value for name in theirs if isinstance(found := find_constant(name), Constant)}
    assert {name: (value, theirs[name]) for name, value in ours.items() if value != theirs[name]} == {}
    assert len(ours) >= least, sorted(set(theirs) - set(ours))


@on_x86_64_linux
@with_gcc
@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("linux/fs.h", ("FS_IOC_GETFLAGS", "FICLONE", "MS_RDONLY", "RENAME_EXCHANGE", "SEEK_HOLE")),
        ("linux/perf_event.h", ("PERF_EVENT_IOC_ENABLE", "PERF_FLAG_FD_CLOEXEC", "PERF_AUX_FLAG_TRUNCATED")),
        ("linux/futex.h", ("FUTEX_WAIT", "FUTEX_PRIVATE_FLAG", "FUTEX_WAITERS", "FUTEX_OWNER_DIED")),
        ("linux/capability.h", ("CAP_SYS_ADMIN", "CAP_BPF", "CAP_NET_RAW")),
        ("linux/if_ether.h", ("ETH_P_ARP", "ETH_P_ALL", "ETH_ALEN")),
        ("linux/mman.h", ("MAP_ANONYMOUS", "PROT_EXEC", "MADV_DONTNEED", "MAP_HUGETLB")),
        ("linux/input.h", ("KEY_ENTER", "EV_REL", "EVIOCGVERSION")),
        ("linux/resource.h", ("RLIM_INFINITY", "RLIMIT_NOFILE", "PRIO_PROCESS")),
        ("asm/ioctls.h", ("TIOCSPTLCK", "TIOCGWINSZ", "FIONREAD")),
        ("asm/unistd.h", ("__NR_read", "__NR_execve", "__NR_openat2")),
    ],
)
def test_values_of_the_compiler(header: str, names: tuple[str, ...]) -> None:
    """What Python does not know, against whatever headers this machine has."""
    source = f"#include <{header}>\n"
    if compile_source(source).returncode != 0:
        pytest.skip(f"no {header} on this machine")
    for name in names:
        suffix = "LL" if value_of(name) < 0 else "ULL"
        source += f'_Static_assert(({name}) == {value_of(name)}{suffix}, "{name}");\n'
    done = compile_source(source)
    assert done.returncode == 0, done.stderr


def compile_source(text: str) -> subprocess.CompletedProcess[str]:
    command = ["gcc", "-fsyntax-only", "-w", "-x", "c", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_what_changes_between_releases_is_ambiguous() -> None:
    """`FRA_MAX` counts attributes: one more in every few releases."""
    found = find_constant("FRA_MAX")
    assert isinstance(found, Ambiguous)
    assert len({choice.value for choice in found.choices}) == len(found.choices) > 1
    assert len({choice.header for choice in found.choices}) == len(found.choices)
    assert {choice.name for choice in found.choices} == {"FRA_MAX"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "\t",
            "#",
            "O_CREAT\t64",
            "O_CREAT\n",
            "o_creat",
            "O_CREA",
            "O_CREATE",
            "A",
            "\x7f",
            "ÿ",
            "\ud800",
        ),
        *(
            "_IOC_READ",
            "__u32",
            "_LINUX_FCNTL_H",
            "HZ",
            "MSG_CMSG_COMPAT",
            "LINUX_VERSION_CODE",
            "FMODE_EXCL",
        ),
    ],
)
def test_what_is_no_constant(name: str) -> None:
    assert find_constant(name) is None


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("ENOENTT", "ENOENT"),
        ("EACCESS", "EACCES"),
        ("O_CRAET", "O_CREAT"),
        ("SIG_KILL", "SIGKILL"),
        ("enoent", "ENOENT"),
        ("__NR_opennat", "__NR_openat"),
        ("CREAT", "O_CREAT"),
    ],
)
def test_near_names(wrong: str, meant: str) -> None:
    near = constants.near_constants(wrong)
    assert meant in near
    assert len(near) <= 3


def test_nothing_is_near_a_word_of_its_own() -> None:
    assert constants.near_constants("qqqqxxxxzzzz") == ()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (2, "ENOENT"),
        (-2, "ENOENT"),
        (11, "EAGAIN"),
        (35, "EDEADLK"),
        (512, "ERESTARTSYS"),
        (0, None),
        (4095, None),
    ],
)
def test_errno_name(error: int, name: str | None) -> None:
    assert constants.errno_name(error) == name


def test_constants_with_value() -> None:
    assert constants.constants_with_value(9, "SIG") == ["SIGKILL"]
    assert constants.constants_with_value(2, "AF_") == ["AF_INET"]
    assert constants.constants_with_value(10**30, "E") == []


def test_constants_with_prefix() -> None:
    names = constants.constants_with_prefix("O_", 100)
    assert names == sorted(set(names))
    assert {"O_ACCMODE", "O_CREAT", "O_WRONLY"} <= set(names)
    assert constants.constants_with_prefix("O_", 3) == names[:3]
    assert constants.constants_with_prefix("FRA_MAX", 3) == ["FRA_MAX"]
    assert constants.constants_with_prefix("zzz", 3) == []
    assert len(constants.constants_with_prefix("", 5)) == 5
    assert len(constants.constants_with_prefix("", 10**9)) > 30_000


def test_table_is_sorted_and_well_formed() -> None:
    lines = TABLE.read_text(encoding="ascii").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[: len(comments)] == comments
    assert "x86-64" in comments[0]
    rows = []
    for line in lines[len(comments) :]:
        name, value, header = line.split("\t")
        assert re.fullmatch(r"[A-Za-z]\w*|__NR_\w+", name), line
        assert str(int(value)) == value and -(2**63) <= int(value) < 2**64, line
        assert re.fullmatch(r"[\w./+-]+\.h( of Linux \d+\.\d+)?", header), line
        rows.append((name, int(value)))
    assert rows == sorted(set(rows))


def test_first_and_last_rows_are_found() -> None:
    lines = TABLE.read_text(encoding="ascii").splitlines()
    for line in (lines[2], lines[3], lines[-2], lines[-1]):
        assert value_of(line.split("\t")[0]) == int(line.split("\t")[1])


def write_headers(root: Path, minor: int, user: str, inside: str) -> None:
    """A release's headers as its packages unpack to."""
    files = {
        "usr/include/linux/version.h": f"#define LINUX_VERSION_CODE {6 << 16 | minor << 8}\n",
        "usr/include/linux/thing.h": f"#ifndef _LINUX_THING_H\n#define _LINUX_THING_H\n{user}\n#endif\n",
        "usr/include/linux/broken.h": "struct needs { unknown_type here; };\n#define STILL_FOUND (1 << 4)\n",
        "usr/include/linux/error.h": "#error not for you\n#define NOT_FOUND 1\n",
        "usr/include/asm-generic/generic.h": "#define GENERIC 7\n#define HIDDEN_GENERIC 8\n",
        "usr/include/x86_64-linux-gnu/asm/generic.h": "#include <asm-generic/generic.h>\n#undef HIDDEN_GENERIC\n",
        f"usr/src/linux-headers-6.{minor}-common/include/linux/errno.h": inside,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@with_gcc
def test_generator(tmp_path: Path) -> None:
    """Two small releases: what is kept, what is dropped, what is ambiguous, and the same bytes each time."""
    common = """
#include <linux/types.h>
#define NEGATIVE (-5)
#define WIDE (~0ULL)
#define UNSIGNED 0x80000000
#define SIZE sizeof(struct thing)
#define LISTED LISTED
#define CHARACTER 'a'
#define TEXT "text"
#define FRACTION 1.5
#define ADDRESS ((void *)0)
#define CALL(x) (x)
#define BLOCK { 1 }
#define EMPTY
#define UNKNOWN some_variable
#define TWICE 1
#define TWICE 2
#define THING_H_ 1
#define _INTERNAL 1
#define __NR_thing 400
struct thing { __u64 first, second; };
enum { LISTED = 3 };
"""
    write_headers(
        tmp_path / "old",
        1,
        common + "#define COUNT 3\n#define GONE 1\n",
        "#define EOLD 600\n#define EBOTH 601\n",
    )
    write_headers(
        tmp_path / "new", 9, common + "#define COUNT 4\n", "#define ENEW 602\n#define EBOTH 601 /* same */\n"
    )
    outputs = []
    for attempt in range(2):
        output = tmp_path / f"table{attempt}"
        script = [sys.executable, str(ROOT / "scripts" / "generate_constants.py"), "--output", str(output)]
        roots = ["--root", str(tmp_path / "old"), "--root", str(tmp_path / "new")]
        done = subprocess.run([*script, *roots], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outputs.append(output.read_bytes())
    assert outputs[0] == outputs[1]
    assert outputs[0].decode().splitlines()[0].endswith("x86-64, Linux 6.1, 6.9.")
    assert outputs[0].decode().splitlines()[2:] == [
        "CHARACTER\t97\tuapi/linux/thing.h",
        "COUNT\t3\tuapi/linux/thing.h of Linux 6.1",
        "COUNT\t4\tuapi/linux/thing.h",
        "EBOTH\t601\tlinux/errno.h",
        "GENERIC\t7\tuapi/asm-generic/generic.h",
        "GONE\t1\tuapi/linux/thing.h",
        "LISTED\t3\tuapi/linux/thing.h",
        "NEGATIVE\t-5\tuapi/linux/thing.h",
        "SIZE\t16\tuapi/linux/thing.h",
        "STILL_FOUND\t16\tuapi/linux/broken.h",
        "UNSIGNED\t2147483648\tuapi/linux/thing.h",
        "WIDE\t18446744073709551615\tuapi/linux/thing.h",
        "__NR_thing\t400\tuapi/linux/thing.h",
    ]


def test_generator_says_what_is_wrong(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "generate_constants.py"), "--root", str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "linux-libc-dev" in done.stderr
