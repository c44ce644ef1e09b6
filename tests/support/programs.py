"""Programs to probe, built by the tests."""

from __future__ import annotations

from pathlib import Path

from tests.unit.program.build import compile_c

WORK = r"""
#include <stdio.h>
struct point { int x, y; const char *name; unsigned flag : 3; };
__attribute__((noinline)) long work(struct point *p, int n, const char *what, unsigned char small)
{
	long sum = 0;
	for (int i = 0; i < n; i++)
		sum += p->x * i + small;
	if (sum == 12345)
		puts(what);
	return sum - 2400;
}
int not_code = 5;
int main(void)
{
	struct point p = { 7, 9, "seven", 5 };
	volatile long result = 0;
	for (int i = 0; i < 3; i++)
		result += work(&p, 10 + i, "hello", 200);
	return 0;
}
"""

STATIC_PROBE = r"""
#include <unistd.h>
unsigned short armed __attribute__((section(".probes"))) = 0;
int main(int argc, char **argv)
{
	for (int i = 0; i < 3; i++) {
		int number = 40 + i;
		const char *text = argv[0];
		long big = -5L - i;
		if (armed)
			write(1, "armed\n", 6);
		__asm__ volatile(
			"990: nop\n"
			".pushsection .note.stapsdt,\"\",\"note\"\n .balign 4\n .4byte 992f-991f, 994f-993f, 3\n"
			"991: .asciz \"stapsdt\"\n992: .balign 4\n"
			"993: .8byte 990b\n .8byte _.stapsdt.base\n .8byte armed\n"
			" .asciz \"app\"\n .asciz \"step\"\n .asciz \"-4@%0 8@%1 -8@%2 -4@$7\"\n994: .balign 4\n.popsection\n"
			".ifndef _.stapsdt.base\n.pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
			".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"
			".size _.stapsdt.base, 1\n.popsection\n.endif\n" ::"r"(number), "r"(text), "m"(big));
	}
	return 0;
}
"""


def build_programs(folder: Path) -> dict[str, str]:
    """Paths of `optimised`, `debug` (-O0), `bare` (without DWARF) and `static_probe`, all linked statically."""
    return {
        "optimised": compile_c(folder, "optimised", WORK, "-static", "-O2", "-g"),
        "debug": compile_c(folder, "debug", WORK, "-static", "-O0", "-g"),
        "bare": compile_c(folder, "bare", WORK, "-static", "-O2"),
        "static_probe": compile_c(folder, "static_probe", STATIC_PROBE, "-static", "-O1"),
    }
