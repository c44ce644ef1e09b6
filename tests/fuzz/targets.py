"""What is fuzzed: how each target makes its inputs, and how it is tried."""

from __future__ import annotations

import functools
import io
import os
import random
import re
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from probelang.btf.blob import Btf
from probelang.container import write_container
from probelang.kernel.identity import BUNDLED_FOLDER
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from tests.fuzz import checks, mutate, programs
from tests.fuzz.shrink import Files
from tests.properties.generator import Generator
from tests.support.kernels import fake_kernel
from tests.support.modules import RELEASE, module_elf, toy_btf
from tests.unit.btf.test_image import BLOB, COMPRESSIONS, bzimage, elf
from tests.unit.btf.writer import CHAR, SIGNED, Writer
from tests.unit.kernel.trees import tiny_btf, tree

ROOT = Path(__file__).parents[2]
KERNELS = ("6.1", "6.12", "7.3")

#: What is asked of a kernel made of spoilt facts.
QUESTIONS = (
    "a = fprobe vfs_read%return if $retval < 0 { count, x = file->f_inode->i_ino, file->f_path.dentry->d_name.name }",
    "b = tprobe sched_switch { prev->comm, next->__state ?? next->state }\nc = kprobe helper { count, %di }\n",
    "d = eprobe sched:sched_switch if prev_comm ~ \"*a*\" { prev_comm, next_pid }\ne = eprobe *:* { $comm }",
    "f = fprobe vfs_* { $arg* }\ng = tprobe * { $comm }\nh = kprobe xfs_read { @jiffies, @variable_7: u32 }",
    "const A = TP_ERR_NON_UNIQ_SYMBOL\ni = fprobe nothing_like_it { ((struct trace_kprobe *)$arg1)->nhit == A }",
    "j = fprobe vfs_read if count == TP_ERR_NON_UNIQ_SYMBOL { ((struct trace_kprobe *)count)->nhit, $current->comm }",
    "l = kprobe toy:toy_open if toy->level == TOY_HIGH { toy->size, toy->name, toy->odd, mode }\nm = tprobe toy:toy_* { mode }",
    "n = fprobe toy:* { $arg1 }\no = kprobe toy:toy_open%return { $retval, ((struct toy *)toy)->size }\np = kprobe tyo:x",
    "k = fprobe vfs_read { container_of(count, struct trace_kprobe, nhit)->nhit, y = @init_task.comm, $pid }",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """`make` an input out of random numbers; `run` it, which raises if something is wrong."""

    make: Callable[[random.Random], Files]
    run: Callable[[Files], None]


# ------------------------------------------------------------------------------------------------------ specs


@functools.cache
def spec_seeds() -> list[str]:
    """Every spec of the repository: examples, goldens, those of tests and documents."""
    seeds = [
        path.read_text() for folder in ("examples", "tests/golden") for path in (ROOT / folder).rglob("*.pl")
    ]
    for path in [
        *ROOT.glob("tests/**/*.py"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("tests/unit/syntax/errors/*.txt"),
    ]:
        text = path.read_text(errors="replace")
        found = [
            max(groups, key=len)
            for groups in re.findall(r'"""(.*?)"""|"([^"\n]{12,})"|```\w*\n(.*?)```', text, re.DOTALL)
        ]
        found += re.split(r"\n\n+|^---.*$", text, flags=re.MULTILINE) if path.suffix == ".txt" else []
        seeds += [piece for piece in found if re.search(r"[kfteu]probe|watch|monitor|args |const ", piece)]
    return sorted(set(seeds))


@functools.cache
def kernel_of(number: int) -> Kernel:
    """One of the kernels that come along, or one of which little is known."""
    if number < len(KERNELS):
        return load_kernel(KERNELS[number])
    return fake_kernel(tiny_btf() if number == len(KERNELS) else None)


@functools.cache
def generator_of(number: int) -> Generator:
    return Generator(kernel_of(number))


def make_spec(rng: random.Random) -> Files:
    seeds = spec_seeds()
    kind = rng.randrange(10)
    number = rng.randrange(len(KERNELS) + 2)
    if kind == 0:
        data = mutate.random_bytes(rng)
    elif kind == 1:
        data = mutate.nesting(rng).encode("utf-8", "surrogatepass")
    elif kind == 2:
        data = mutate.random_tokens(rng).encode("utf-8", "surrogatepass")
    elif kind <= 4:
        encoded = rng.choice(seeds).encode("utf-8", "surrogatepass")
        data = mutate.mutate_bytes(rng, encoded, [rng.choice(seeds).encode("utf-8", "surrogatepass")])
    elif kind == 5:
        generator = generator_of(number % len(KERNELS))
        text = generator.spec(rng, rng.randrange(1, 5))
        data = mutate.mutate_tokens(rng, text, [text]).encode("utf-8", "surrogatepass")
    else:
        data = mutate.mutate_tokens(rng, rng.choice(seeds), seeds).encode("utf-8", "surrogatepass")
    return {"spec": data, "kernel": bytes([number, rng.randrange(256)])}


def run_spec(files: Files) -> None:
    number, chance = (*files.get("kernel", b""), 0, 0)[:2]
    data = files.get("spec", b"")
    kernel = kernel_of(number % (len(KERNELS) + 2))
    checks.check_spec(data, kernel, shell=chance < 32)
    if chance >= 192 and number < len(KERNELS):
        check_command_line(data, KERNELS[number], chance)


def check_command_line(data: bytes, kernel: str, chance: int) -> None:
    """The same spec by `probelang compile -` and `probelang lint -`."""
    lint = ("text", "concise", "json")[chance % 3]
    linted = checks.check_main(["lint", "--kernel", kernel, "--format", lint, "-"], data)
    format = ("script", "commands", "json")[chance % 3]
    compiled = checks.check_main(["compile", "--kernel", kernel, "--format", format, "-"], data)
    assert compiled.status <= linted.status, "lint passes what compile refuses"
    assert compiled.status == 0 or not compiled.out, "half a result"


# --------------------------------------------------------------------------------------------- files of kernels


@functools.cache
def real_blob(number: int) -> bytes:
    section = load_kernel(KERNELS[number]).sources.section("btf")
    assert section is not None
    return bytes(section)


def make_btf(rng: random.Random) -> Files:
    if rng.random() < 0.1:
        return {"file": b"\x9f\xeb\x01\x00" + mutate.random_bytes(rng)}
    if rng.random() < 0.15:
        return {"file": mutate.mutate_bytes(rng, real_blob(rng.randrange(len(KERNELS))))}
    seeds = [BLOB, tiny_btf()]
    return {"file": mutate.mutate_bytes(rng, rng.choice(seeds), seeds)}


def make_elf(rng: random.Random) -> Files:
    wide, order = rng.random() < 0.7, rng.choice("<<>")
    blob = rng.choice((BLOB, tiny_btf(), b""))
    good = elf({".text": b"\x90" * 300, ".BTF": blob, ".data": b"\0" * 8}, wide=wide, order=order)
    return {"file": mutate.mutate_bytes(rng, good, [good])}


def make_vmlinuz(rng: random.Random) -> Files:
    payload = elf({".BTF": rng.choice((BLOB, tiny_btf()))})
    if rng.random() < 0.3:
        payload = mutate.mutate_bytes(rng, payload)
    packed = COMPRESSIONS[rng.choice(list(COMPRESSIONS))](payload)
    if rng.random() < 0.5:
        packed = mutate.mutate_bytes(rng, packed)
    size = rng.choice((len(payload), 0, 0xFFFFFFFF, rng.randrange(1 << 32)))
    image = bzimage(packed, size)
    return {"file": image if rng.random() < 0.4 else mutate.mutate_bytes(rng, image)}


def make_container(rng: random.Random) -> Files:
    """A snapshot with bytes spoilt at random, or one that is sound and holds nonsense."""
    if rng.random() < 0.1:
        real = (Path(BUNDLED_FOLDER) / f"{rng.choice(KERNELS)}.kernel").read_bytes()
        return {"file": mutate.mutate_bytes(rng, real)}
    sections = dict(_small_sections())
    for name in list(sections):
        if rng.random() < 0.4:
            sections[name] = mutate.mutate_bytes(rng, sections[name], list(sections.values()))
        elif rng.random() < 0.1:
            del sections[name]
    compress = frozenset(name for name in sections if rng.random() < 0.3)
    data = write_container(sections, compress=compress)
    return {"file": data if rng.random() < 0.7 else mutate.mutate_bytes(rng, data)}


@functools.cache
def _small_sections() -> dict[str, bytes]:
    return {
        "btf": tiny_btf(),
        "btf:xfs": BLOB,
        "btf.index": b"\0" * 64,
        "functions": b"\nvfs_read\nxfs_read\txfs\n",
        "symbols.text": b"\nhelper\t2\t\nentry_asm\n",
        "symbols.data": b"\nvariable_1\nvariable_7\n",
        "blacklist": b"\nentry_asm\n",
        "events": b"\n=\tunsigned short common_type;0;2;0\nsched:sched_switch\t=\tchar prev_comm[16];8;16;0\tint next_pid;24;4;1\n",
        "readme": b"kprobe_events symstr\n",
        "version": b"Linux version 6.12.3-test (a@b) #1 SMP\n",
        "missing": b"\nevents\tbecause\n",
    }


def make_tree(rng: random.Random) -> Files:
    files = dict(tree())
    for name in list(files):
        if rng.random() < 0.4:
            files[name] = mutate.mutate_bytes(rng, files[name], list(files.values()))
        elif rng.random() < 0.1:
            del files[name]
        elif rng.random() < 0.03:
            files[name + "/below"] = files.pop(name)
    return files


@functools.cache
def _module_base() -> bytes:
    writer = Writer()
    integer = writer.integer("int", 4, SIGNED)
    writer.integer("unsigned int", 4)
    writer.integer("char", 1, SIGNED | CHAR)
    writer.func("vfs_read", writer.proto(integer, ("count", integer)))
    writer.struct("trace_kprobe", 4, [("nhit", integer, 0)])
    return writer.blob()


def make_module(rng: random.Random) -> Files:
    """A folder with a module in it, whose file, or what is packed into that, is spoilt."""
    base = _module_base()
    sections = {
        ".modinfo": b"vermagic=" + rng.choice((RELEASE, "6.1.0-other", "")).encode() + b" SMP \0",
        ".BTF": toy_btf(Btf.from_bytes(base)),
    }
    if rng.random() < 0.2:
        sections[".BTF.base"] = rng.choice((base, tiny_btf(), BLOB))
    for name in list(sections):
        if rng.random() < 0.3:
            sections[name] = mutate.mutate_bytes(rng, sections[name], [base, BLOB])
    file = module_elf(sections)
    if rng.random() < 0.3:
        file = mutate.mutate_bytes(rng, file, [file])
    suffix, packing = rng.choice(
        (("", "none"), ("", "none"), (".xz", "xz"), (".zst", "zstd"), (".gz", "gzip"))
    )
    packed = COMPRESSIONS[packing](file)
    if suffix and rng.random() < 0.4:
        packed = mutate.mutate_bytes(rng, packed)
    lists = b"kernel/toy.ko" + suffix.encode() + b": kernel/other.ko\n"
    folder = f"lib/modules/{RELEASE}"
    return {
        "sys/kernel/btf/vmlinux": base if rng.random() < 0.9 else mutate.mutate_bytes(rng, base),
        "proc/version": f"Linux version {RELEASE} ".encode(),
        f"{folder}/kernel/toy.ko{suffix}": packed,
        f"{folder}/modules.dep": lists if rng.random() < 0.7 else mutate.mutate_bytes(rng, lists),
    }


def make_tar(rng: random.Random) -> Files:
    packed = io.BytesIO()
    mode = rng.choice(("w:", "w:gz", "w:xz", "w:bz2"))
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in make_tree(rng).items():
            member = tarfile.TarInfo(rng.choice(("", "", "./", "/", "../", "root/")) + name)
            member.size = len(data)
            if rng.random() < 0.05:
                member.type = rng.choice(
                    (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
                )
                member.linkname = rng.choice(("/etc/passwd", name, "../../x"))
            archive.addfile(member, io.BytesIO(data))
    data = packed.getvalue()
    return {"file": data if rng.random() < 0.3 else mutate.mutate_bytes(rng, data)}


def run_file(files: Files) -> None:
    """The input as a file that is called a kernel."""
    with tempfile.TemporaryDirectory(prefix="probelang-fuzz-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(files.get("file", b""))
        _run_kernel(str(path))


def run_tree(files: Files) -> None:
    """The input as files in a folder that is called a kernel."""
    with tempfile.TemporaryDirectory(prefix="probelang-fuzz-") as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _run_kernel(folder)


def make_cache(rng: random.Random) -> Files:
    """A file of BTF, and how its entry in the cache is to be spoilt: with its time stamp, which seals it, kept or not."""
    blob = tiny_btf() if rng.random() < 0.8 else real_blob(rng.randrange(len(KERNELS)))
    return {"file": blob, "seed": rng.randbytes(4), "keep": rng.choice((b"", b"yes"))}


def run_cache(files: Files) -> None:
    """Nothing that happens to the cache is an error; and what is no longer sealed is found out."""
    before = os.environ.get("PROBELANG_CACHE_DIR")
    with tempfile.TemporaryDirectory(prefix="probelang-fuzz-") as folder:
        os.environ["PROBELANG_CACHE_DIR"] = str(Path(folder) / "cache")
        try:
            path = Path(folder) / "file"
            path.write_bytes(files.get("file", b""))
            shown = checks.check_main(["kernel", "show", "--kernel", str(path)])
            for entry in (Path(folder) / "cache").glob("*.kernel"):
                stamp = entry.stat().st_mtime
                entry.write_bytes(
                    mutate.mutate_bytes(random.Random(files.get("seed", b"")), entry.read_bytes())
                )
                if files.get("keep"):
                    os.utime(entry, (stamp, stamp))
            again = checks.check_main(["kernel", "show", "--kernel", str(path)])
            assert files.get("keep") or shown == again, "a broken entry was believed"
            checks.check_kernel(str(path), QUESTIONS)
        finally:
            os.environ.pop("PROBELANG_CACHE_DIR")
            if before is not None:
                os.environ["PROBELANG_CACHE_DIR"] = before


def _run_kernel(path: str) -> None:
    kernel = checks.check_kernel(path, QUESTIONS)
    ran = checks.check_main(["kernel", "show", "--kernel", path])
    assert ran.status == 2 or kernel is not None, "the library and the command line disagree"
    checks.check_main(["lint", "--kernel", path, "--format", "json", "-"], QUESTIONS[0].encode())


# ------------------------------------------------------------------------------------------------- arguments

_WORDS = (
    "lint compile kernel show --kernel 6.12 7.3 6.1 running --format text concise json script commands --target tracefs "
    "perf bpftrace -o /dev/null - -- --color never --help --version -h nothing / . '' --kernel=6.12 /dev/null --bad é"
)
_ARGUMENTS = tuple(_WORDS.split(" "))


def make_arguments(rng: random.Random) -> Files:
    words = [rng.choice(_ARGUMENTS) for _ in range(rng.randrange(7))]
    return {
        "arguments": "\n".join(words).encode(),
        "stdin": rng.choice(spec_seeds()).encode("utf-8", "surrogatepass"),
    }


def run_arguments(files: Files) -> None:
    checks.check_main(
        files.get("arguments", b"").decode(errors="replace").split("\n"), files.get("stdin", b"")
    )


def run_program(files: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = programs.write_program(files, folder)
        checks.check_spec(programs.spec_of(path), kernel_of(1))


TARGETS: dict[str, Target] = {
    "spec": Target(make_spec, run_spec),
    "btf": Target(make_btf, run_file),
    "elf": Target(make_elf, run_file),
    "vmlinuz": Target(make_vmlinuz, run_file),
    "kernel": Target(make_container, run_file),
    "folder": Target(make_tree, run_tree),
    "module": Target(make_module, run_tree),
    "tar": Target(make_tar, run_file),
    "cache": Target(make_cache, run_cache),
    "program": Target(programs.make_program, run_program),
    "arguments": Target(make_arguments, run_arguments),
}
