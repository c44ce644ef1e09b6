#!/usr/bin/env python3
"""Generate probelang/kernel/constants_table.txt: the integer `#define`s a condition may name, which BTF lacks.

    scripts/generate_constants.py --suite bookworm --suite trixie --suite trixie-backports

It is made of the kernel's own headers as Debian packages them:

- the user API, `linux-libc-dev`: of every header that can be included on its own, every object-like macro whose
  value is an integer constant;
- what is missing there although everybody filters by it (`AF_INET`, `ERESTARTSYS`, `PF_KTHREAD`): the macros
  listed in INTERNAL, out of the headers for building modules, `linux-headers-…-common`;
- both of several releases, oldest first. A macro whose value changed (`FRA_MAX`, the number of attributes) is
  listed with each value, so that a look-up finds it ambiguous instead of guessing.

The compiler does the arithmetic: no value is parsed from C text here. Packages come through the machine's own apt,
from the suites named (none: what apt would install), with apt state of their own; or are given as files with
`--package`, `linux-libc-dev` and `linux-headers-…-common` of one release each time. Needs gcc, and apt and dpkg
where they are asked for something. Takes some twenty seconds a release, and makes the same bytes of the same
packages.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "probelang" / "kernel" / "constants_table.txt"


@dataclass(frozen=True)
class Architecture:
    """How the headers of one architecture are found and compiled."""

    triplet: str  # Debian's folder of its asm/ headers
    folder: str  # arch/<folder> in the kernel's source
    flags: tuple[str, ...]
    excluded: tuple[str, ...]  # headers of its other ABIs, whose values a 64-bit kernel does not mean


ARCHITECTURES = {
    "x86-64": Architecture(
        triplet="x86_64-linux-gnu",
        folder="x86",
        # The page size is no choice on x86: arch/x86/Kconfig selects HAVE_PAGE_SIZE_4KB.
        flags=("-m64", "-DCONFIG_64BIT", "-DCONFIG_PAGE_SHIFT=12"),
        excluded=("asm/unistd_32.h", "asm/unistd_x32.h", "asm/posix_types_32.h", "asm/posix_types_x32.h"),
    ),
}

# Headers whose macros say something about the machine they are compiled on, not about a kernel.
EXCLUDED = ("linux/version.h", "linux/libc-compat.h", "asm/bitsperlong.h", "asm-generic/bitsperlong.h")

# Names that mean something else inside the kernel than in its user API: HZ is 100 there, CONFIG_HZ here.
MISLEADING = frozenset({"HZ", "NSIG", "FD_SETSIZE"})

# Headers inside the kernel, and which of their macros and enumerators belong in the table. Only names in use since
# long; what depends on the configuration (GFP_*, HZ) or is in BTF as an enumerator anyway stays out.
INTERNAL = (
    ("linux/errno.h", r"E[A-Z0-9_]+"),
    ("linux/err.h", r"MAX_ERRNO"),
    ("linux/socket.h", r"(AF|PF|SOL|MSG|SCM)_\w+|SOMAXCONN"),
    ("linux/net.h", r"SOCK_(STREAM|DGRAM|RAW|RDM|SEQPACKET|DCCP|PACKET|CLOEXEC|NONBLOCK|TYPE_MASK)"),
    ("linux/skbuff.h", r"CHECKSUM_(NONE|UNNECESSARY|COMPLETE|PARTIAL)"),
    ("linux/fs.h", r"(FMODE|MAY)_[A-Z_]+"),
    ("linux/stat.h", r"S_(IRWXUGO|IALLUGO|IRUGO|IWUGO|IXUGO)"),
    ("linux/kdev_t.h", r"MINOR(BITS|MASK)"),
    ("linux/blk_types.h", r"SECTOR_(SHIFT|SIZE)"),
    ("linux/interrupt.h", r"IRQF_\w+"),
    ("linux/sched.h", r"(TASK|PF)_[A-Z]\w*"),
    ("linux/limits.h", r"([US](8|16|32|64)|S?SIZE)_(MIN|MAX)"),
    ("vdso/limits.h", r"U?(SHRT|INT|LONG|LLONG)_(MIN|MAX)"),
    ("vdso/time64.h", r"[A-Z]SEC_PER_[A-Z]?SEC"),
    ("vdso/page.h", r"PAGE_(SHIFT|SIZE|MASK)"),
    ("asm/page_types.h", r"PAGE_(SHIFT|SIZE|MASK)"),  # until 6.12
)

# What the bodies of those need, and nothing more of the kernel.
INTERNAL_PRELUDE = """
#include <linux/types.h>
#include <linux/const.h>
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/errno.h>
#define __force
#define __bitwise
#define BIT(nr) (1UL << (nr))
typedef __u8 u8; typedef __s8 s8; typedef __u16 u16; typedef __s16 s16;
typedef __u32 u32; typedef __s32 s32; typedef __u64 u64; typedef __s64 s64;
typedef unsigned int fmode_t; typedef __kernel_size_t size_t; typedef __kernel_ssize_t ssize_t;
"""

DEFINE = re.compile(r"#\s*(define|undef)\s+(\w+)(\()?[ \t]*(.*)")
LINE_MARKER = re.compile(r'# \d+ "([^"]*)"')


class Failure(Exception):
    """Something outside this script is missing or refused; the message is all there is to say."""


@dataclass(frozen=True)
class Headers:
    """The unpacked headers of one release."""

    release: str  # "7.3"
    user: Path  # usr/include of linux-libc-dev
    source: Path | None  # usr/src/linux-headers-…-common


@dataclass
class Unit:
    """One header compiled on its own: what it defines, itself and through what it includes."""

    top: str
    macros: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: (header, body)


# -- packages


def run(arguments: Sequence[str], **options: object) -> str:
    """The standard output of a command that has to succeed."""
    try:
        done = subprocess.run(arguments, check=True, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    except FileNotFoundError:
        raise Failure(f"{arguments[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        raise Failure(f"{' '.join(arguments)}: {error.stderr.strip() or error.stdout.strip()}") from None
    return str(done.stdout)


def apt_environment(suite: str | None, folder: Path) -> dict[str, str]:
    """The environment in which apt sees one suite of the archive this machine is configured for, and nothing else.

    Without a suite it is the machine's own apt. Its packages and lists stay untouched either way.
    """
    if suite is None:
        return dict(os.environ)
    targets = run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(LABEL)",
            "Created-By: Packages",
        ]
    )
    rows = (line.split("|") for line in targets.splitlines())
    archive = next(
        (
            uri
            for origin, component, uri, label in rows
            if (origin, component, label) == ("Debian", "main", "Debian")
        ),
        None,
    )
    if archive is None:
        raise Failure("apt knows no Debian archive here; give the packages with --package")
    keyrings = (Path("/usr/share/keyrings/debian-archive-keyring" + end) for end in (".pgp", ".gpg"))
    keyring = next((f"[signed-by={path}] " for path in keyrings if path.exists()), "")
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb {keyring}{archive} {suite} main\n")
    (folder / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{folder}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{folder}/lists";\nDir::State::status "{folder}/status";\nDir::Cache "{folder}/cache";\n'
        'APT::Sandbox::User "root";\nAcquire::Languages "none";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    run(["apt-get", "-q", "update"], env=environment)
    return environment


def download(suite: str | None, folder: Path) -> list[Path]:
    """The two packages of one suite, the same version of both."""
    environment = apt_environment(suite, folder)
    newest = run(["apt-cache", "show", "--no-all-versions", "linux-libc-dev"], env=environment)
    found = re.search(r"^Version: (.*)$", newest, re.MULTILINE)
    version = found[1] if found else ""
    names = run(["apt-cache", "search", "--names-only", r"^linux-headers-.*-common$"], env=environment)
    for name in (line.split()[0] for line in names.splitlines()):
        if f"\nVersion: {version}\n" in run(["apt-cache", "show", name], env=environment):
            run(
                ["apt-get", "-q", "download", f"{name}={version}", f"linux-libc-dev={version}"],
                env=environment,
                cwd=folder,
            )
            return sorted(folder.glob("*.deb"))
    raise Failure(
        f"no linux-headers-…-common goes with linux-libc-dev {version} of {suite or 'this machine'}"
    )


def unpack(packages: Iterable[Path], folder: Path) -> Headers:
    for package in packages:
        run(["dpkg", "-x", str(package), str(folder)])
    return find_headers(folder)


def find_headers(folder: Path) -> Headers:
    """What of a release's headers is in a folder laid out like `/`."""
    user = folder / "usr" / "include"
    try:
        version = (user / "linux" / "version.h").read_text()
    except OSError:
        raise Failure(f"{user} has no linux/version.h: not what linux-libc-dev unpacks to") from None
    code = re.search(r"LINUX_VERSION_CODE\s+(\d+)", version)
    if code is None:
        raise Failure(f"{user}/linux/version.h has no LINUX_VERSION_CODE")
    sources = sorted((folder / "usr" / "src").glob("linux-headers-*-common"))
    return Headers(f"{int(code[1]) >> 16}.{int(code[1]) >> 8 & 255}", user, sources[-1] if sources else None)


# -- macros


def wanted(name: str) -> bool:
    """Whether a name is one that a person would write: no include guard, no compiler's or header's internals."""
    if name.startswith("__NR_"):
        return True  # syscall numbers, as raw_syscalls:sys_enter has them
    return not name.startswith("_") and not re.search(r"_H_*$", name) and name not in MISLEADING


def plausible(body: str) -> bool:
    """Whether a macro's body can be an expression of integers at all; the compiler has the last word."""
    return bool(body) and not re.search(r'[{};"]', body)


class Compiler:
    """gcc, with the headers of one release in front of the machine's own (some include the C library's)."""

    def __init__(self, headers: Headers, architecture: Architecture, command: str) -> None:
        self.architecture = architecture
        self.headers = headers
        asm = headers.user / architecture.triplet
        # Since 6.12 or so the files there are links, and the compiler says what they link to.
        linked = (asm / "asm" / "errno.h").resolve().parent.parent
        self.roots = [f"{root}/" for root in (asm, linked, headers.user)]
        quiet = ("-w", "-fmax-errors=0", "-ftrack-macro-expansion=0")
        self.command = [command, "-std=gnu11", *quiet, *architecture.flags]
        self.command += ["-isystem", str(headers.user), "-isystem", str(asm)]

    def headers_to_compile(self) -> list[str]:
        """All that a program could include by itself; asm-generic/ is for asm/ to include what holds here."""
        user = self.headers.user
        tops = [path.relative_to(user).as_posix() for path in user.rglob("*.h")]
        tops = [top for top in tops if not re.match(r"asm-generic/|[^/]*-linux-gnu", top)]
        tops += [f"asm/{path.name}" for path in (user / self.architecture.triplet / "asm").glob("*.h")]
        return sorted(set(tops) - {*EXCLUDED, *self.architecture.excluded})

    def preprocess(self, top: str) -> Unit:
        """The macros in force after including one header, with the file that each comes from."""
        unit = Unit(top)
        done = self._run(["-E", "-dD"], f"#include <{top}>\n")
        if done.returncode != 0:
            return unit
        header = ""
        twice = set()
        for line in done.stdout.splitlines():
            if marker := LINE_MARKER.match(line):
                header = self._name_header(marker[1])
            elif match := DEFINE.match(line):
                directive, name, parameters, body = match.groups()
                before = unit.macros.pop(name, None)
                if directive == "define" and not parameters and header and wanted(name) and plausible(body):
                    unit.macros[name] = (header, body.strip())
                    if before and before[1] != body.strip():
                        twice.add(
                            name
                        )  # RXGK_EXPIRED: gcc takes the last, who reads the header may take either
        for name in twice:
            unit.macros.pop(name, None)
        return unit

    def evaluate(self, prelude: str, names: Iterable[str]) -> dict[str, int]:
        """The values of those names that are integer constants after `prelude`; the others are left out."""
        pending = sorted(names)
        values: dict[str, int] = {}
        while pending:
            probes = "".join(map(self._probe, range(len(pending)), pending))
            done = self._run(["-S", "-o", "-"], prelude + probes)
            if done.returncode == 0:
                # What the kernel does for its asm-offsets.h: the assembler text carries the constants.
                printed = re.findall(r"@probe (\d+) [$#]?(-?\d+) [$#]?([01])", done.stdout)
                for index, value, negative in printed:
                    values[pending[int(index)]] = int(value) % 2**64 - (2**64 if negative == "1" else 0)
                return values
            lines = re.findall(r"^probe:(\d+):\d+: error:", done.stderr, re.MULTILINE)
            bad = {int(line) - 1 for line in lines}
            if not bad:  # an error the compiler places in the macro, not where it is used
                half = len(pending) // 2
                if half == 0:
                    return values
                return self.evaluate(prelude, pending[:half]) | self.evaluate(prelude, pending[half:])
            pending = [name for index, name in enumerate(pending) if index not in bad]
        return values

    def compiles(self, prelude: str) -> bool:
        return self._run(["-fsyntax-only"], prelude).returncode == 0

    @staticmethod
    def _probe(index: int, name: str) -> str:
        return (  # `&` takes integers only, an enumerator constants only
            f'#line {index + 1} "probe"\n'
            f"void probe_{index}(void) {{ enum {{ zero = ({name}) & 0 }};"
            f' __asm__ volatile("@probe {index} %0 %1"'
            f' : : "i"((unsigned long long)({name})), "i"(({name}) < 0)); }}\n'
        )

    def _name_header(self, path: str) -> str:
        """ "uapi/linux/fcntl.h" for a file of the package, "" for any other."""
        header = next((path.removeprefix(root) for root in self.roots if path.startswith(root)), "")
        return "" if header in ("", *EXCLUDED, *self.architecture.excluded) else f"uapi/{header}"

    def _run(self, options: list[str], text: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *options, "-x", "c", "-"]
        english = {**os.environ, "LC_ALL": "C"}  # its errors are parsed
        try:
            return subprocess.run(
                command, input=text, env=english, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise Failure(f"{self.command[0]} is not installed") from None


Found = set[tuple[str, int, str]]  # name, value, header


def collect_user_api(compiler: Compiler, pool: ThreadPoolExecutor) -> Found:
    units = list(pool.map(compiler.preprocess, compiler.headers_to_compile()))
    own = {f"uapi/{unit.top}" for unit in units if unit.macros}
    work: dict[str, dict[str, str]] = {}  # header to compile: macro: header that defines it
    seen: set[tuple[str, str, str]] = set()
    for unit in units:
        for name, (header, body) in unit.macros.items():
            # A header's macros are evaluated after it alone; those of one that needs others, where it is first included.
            if header == f"uapi/{unit.top}" or (header not in own and (name, header, body) not in seen):
                seen.add((name, header, body))
                work.setdefault(unit.top, {})[name] = header
    bodies = {unit.top: unit.macros for unit in units}

    def evaluate(top: str) -> Found:
        prelude = f"#include <{top}>\n"
        if not compiler.compiles(prelude):  # its declarations need another header first; most macros do not
            prelude = "".join(f"#define {name} {body}\n" for name, (_, body) in bodies[top].items())
        values = compiler.evaluate(prelude, work[top])
        return {(name, value, work[top][name]) for name, value in values.items()}

    return set().union(*pool.map(evaluate, sorted(work)))


def collect_internal(compiler: Compiler) -> Found:
    source = compiler.headers.source
    if source is None:
        return set()
    found: Found = set()
    for header, pattern in INTERNAL:
        arch = source / "arch" / compiler.architecture.folder / "include"
        path = next((path for path in (source / "include" / header, arch / header) if path.exists()), None)
        if path is None:
            continue
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text(), flags=re.DOTALL).replace("\\\n", " ")
        bodies: dict[str, set[str]] = {}
        for directive, name, parameters, body in DEFINE.findall(text):
            if directive == "define" and not parameters and body:
                bodies.setdefault(name, set()).add(body.strip())
        # Several bodies are a matter of the configuration (MSG_CMSG_COMPAT).
        defines = {name: min(texts) for name, texts in bodies.items() if len(texts) == 1}
        enums = re.findall(r"\benum\s+\w*\s*\{[^{}]*\}", text)
        enums = [enum for enum in enums if re.search(rf"[{{,]\s*({pattern})\b", enum)]
        names = {name for name, body in defines.items() if plausible(body)}
        names.update(re.findall(r"\w+", "".join(enums)))
        prelude = INTERNAL_PRELUDE
        prelude += "".join(f"#undef {name}\n#define {name} {body}\n" for name, body in defines.items())
        prelude += "".join(f"{enum};\n" for enum in enums)
        if not compiler.compiles(prelude):
            raise Failure(f"what was taken out of {path} does not compile")
        values = compiler.evaluate(prelude, (name for name in names if re.fullmatch(pattern, name)))
        found |= {(name, value, header) for name, value in values.items()}
    return found


# -- the table


def preference(header: str) -> tuple[int, int, str]:
    """Which of the headers that agree on a value is the one to cite: the best known, then the shortest name."""
    order = ("uapi/linux/", "uapi/asm-generic/", "uapi/asm/", "linux/", "vdso/")
    rank = next((rank for rank, start in enumerate(order) if header.startswith(start)), len(order))
    return rank, len(header), header


def merge(releases: Sequence[tuple[str, Found]]) -> list[tuple[str, int, str]]:
    """One row for each name and value; a value that only an older release has is cited with that release.

    What the user API once had stays valid. A name of the kernel's inside has to be in every release: bits that one
    flag gives up (FMODE_EXCL) are given to another (FMODE_CAN_ATOMIC_WRITE).
    """
    lasting = set.intersection(*({name for name, _, _ in found} for _, found in releases))
    rows: dict[str, dict[int, str]] = {}
    for release, found in reversed(releases):
        headers: dict[tuple[str, int], str] = {}
        for name, value, header in sorted(found, key=lambda row: preference(row[2])):
            if header.startswith("uapi/") or name in lasting:
                headers.setdefault((name, value), header)
        known = set(rows)
        for (name, value), header in headers.items():
            cited = f"{header} of Linux {release}" if name in known else header
            rows.setdefault(name, {}).setdefault(value, cited)
    return [(name, value, header) for name in sorted(rows) for value, header in sorted(rows[name].items())]


def render(rows: Iterable[tuple[str, int, str]], architecture: str, releases: Sequence[str]) -> Iterator[str]:
    yield f"# Integer macros of the kernel's headers: {architecture}, Linux {', '.join(releases)}.\n"
    yield "# Generated by scripts/generate_constants.py. Sorted by name; a name on several lines is ambiguous.\n"
    for name, value, header in rows:
        yield f"{name}\t{value}\t{header}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate the table of the kernel's integer macros.")
    parser.add_argument(
        "--suite", action="append", help="a Debian suite, oldest first (default: what apt would install)"
    )
    parser.add_argument(
        "--package",
        action="append",
        nargs=2,
        type=Path,
        metavar="FILE.deb",
        help="two packages of one release, instead",
    )
    parser.add_argument(
        "--root", action="append", type=Path, metavar="DIR", help="such packages already unpacked, instead"
    )
    parser.add_argument("--arch", choices=sorted(ARCHITECTURES), default="x86-64")
    parser.add_argument("--cc", default="gcc", help="the C compiler (default: gcc)")
    parser.add_argument("--output", type=Path, default=TABLE)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="constants-"))
    try:
        all_headers = [find_headers(root.resolve()) for root in options.root or ()]
        for index, packages in enumerate(options.package or ()):
            all_headers.append(unpack(packages, work / f"package{index}"))
        if not all_headers:
            for suite in options.suite or [None]:
                folder = work / (suite or "machine")
                folder.mkdir()
                all_headers.append(unpack(download(suite, folder), folder / "root"))
        found = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for headers in all_headers:
                compiler = Compiler(headers, ARCHITECTURES[options.arch], options.cc)
                found.append((headers.release, collect_user_api(compiler, pool) | collect_internal(compiler)))
        rows = merge(found)
        text = "".join(render(rows, options.arch, [release for release, _ in found]))
        options.output.write_text(text, encoding="ascii", newline="\n")
    except Failure as failure:
        print(f"generate_constants.py: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work)
    names = len({name for name, _, _ in rows})
    print(f"{options.output}: {names} names, {len(rows)} rows, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
