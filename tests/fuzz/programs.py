"""Programs with spoilt ELF, DWARF and notes, and specs that ask of them whatever can be asked."""

from __future__ import annotations

import functools
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from probelang.program.elf import Elf, FileSource
from tests.fuzz import mutate
from tests.fuzz.shrink import Files

SOURCE = r"""
#include <stdio.h>
namespace n { struct Base { int b; }; struct Class : Base { unsigned c : 3; Class *next; char name[4][5]; const char *text; }; }
n::Class global = {};
static int hidden = 3;
static inline __attribute__((always_inline)) int inlined(n::Class *p, int k) { return p->c + k; }
__attribute__((noinline)) int work(n::Class *p, int count, unsigned char small)
{
	__asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n"
		"991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte 0\n.8byte 0\n.asciz \"app\"\n.asciz \"step\"\n"
		".asciz \"-4@%0 8@hidden(%%rip) 1@$7\"\n994: .balign 4\n.popsection\n" ::"r"(count));
	int r = inlined(p, count) + hidden++;
	puts("a");
	return r + small;
}
int main(int argc, char **argv) { n::Class c = {}; return work(&c, argc, 7); }
"""
VARIANTS = (
    "-O2 -gdwarf-5",
    "-O0 -gdwarf-4",
    "-O2 -gdwarf-4 -fdebug-types-section -no-pie",
    "-O2 -gdwarf-5 -gz=zlib",
    "-O2 -s",
)
SPEC = """
a = uprobe PROGRAM:work {
    count, p->next->text, p->name[0], p->b, small, t = @global.text, @hidden, $arg2: s32, raw = @+0x2000: u8
}
b = uprobe PROGRAM:work%return if $retval < 0 { $retval, count, n = entry(p->next->c), took = $duration }
c = uprobe PROGRAM:program.cc:16
d = uprobe PROGRAM:work:7 { @global.b }
e = usdt PROGRAM:app:step { n = $arg1, h = $arg2, s = $arg3 }
f = uprobe PROGRAM:*wor* { $arg1 }
g = uprobe PROGRAM:{work,main} { $arg1: x64 }
h = uprobe PROGRAM:0x1139 { %di: u64 }
i = uprobe PROGRAM:"work(n::Class*, int, unsigned char)" { n = *p->name[1], x = ((struct Class *)p)->text }
"""


@functools.cache
def seeds() -> list[tuple[bytes, list[tuple[int, int]]]]:
    """Programs, and where in the file their sections of debugging information, symbols and notes are."""
    if shutil.which("g++") is None:
        return []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "program.cc"
        text.write_text(SOURCE)
        for options in VARIANTS:
            path = Path(folder) / "program"
            command = ["g++", "-w", *options.split(), "-o", str(path), str(text)]
            subprocess.run(command, check=True, capture_output=True)
            places = [
                (section.offset, section.size)
                for section in Elf(FileSource(str(path))).sections
                if section.type not in (0, 8)
                and section.size
                and section.name.startswith((".debug", ".sym", ".str", ".dyn", ".note", ".eh", ".gnu"))
            ]
            found.append((path.read_bytes(), places))
    return found


def make_program(rng: random.Random) -> Files:
    if not seeds():
        return {}
    data, places = rng.choice(seeds())
    out = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        if rng.random() < 0.1:
            # the header, or the table of sections
            at = rng.choice((0, int.from_bytes(data[40:48], "little")))
            size = 64 if at == 0 else len(data) - at
        else:
            at, size = rng.choice(places)
        spoilt = mutate.mutate_bytes(rng, bytes(out[at : at + size]))
        out[at : at + size] = spoilt[:size].ljust(size, b"\0")
    return {"program": bytes(out[: rng.randrange(len(out))] if rng.random() < 0.03 else out)}


def spec_of(path: str) -> bytes:
    return SPEC.replace("PROGRAM", path).encode()


def write_program(files: Files, folder: str) -> str:
    path = os.path.join(folder, "program")
    Path(path).write_bytes(files.get("program", b""))
    return path
