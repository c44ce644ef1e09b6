/* One static probe at several places, each with its arguments elsewhere; another with a semaphore; written as <sys/sdt.h> leaves them. */
#include <stdio.h>

#define PROBE(name, semaphore, arguments, ...)                                                             \
	__asm__ volatile("990: nop\n"                                                                      \
			 ".pushsection .note.stapsdt,\"?\",\"note\"\n.balign 4\n"                          \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"       \
			 "993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte " semaphore "\n"                 \
			 ".asciz \"site\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n994: .balign 4\n" \
			 ".popsection\n.ifndef _.stapsdt.base\n"                                           \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"           \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"        \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n" ::__VA_ARGS__)

unsigned short armed __attribute__((section(".probes"), visibility("hidden")));
signed char tiny = -3;

__attribute__((noinline)) void first(int n, const char *word)
{
	PROBE("step", "0", "-4@%0 8@%1 -1@%2", "r"(n), "r"(word), "m"(tiny));
}

__attribute__((noinline)) void second(int n, const char *word)
{
	volatile int on_stack = n;
	PROBE("step", "0", "-4@%0 8@%1 -1@$-3", "m"(on_stack), "r"(word));
}

__attribute__((noinline)) void third(unsigned long large)
{
	printf("armed value=%d\n", armed != 0);
	if (armed)
		PROBE("guarded", "armed", "8@%0 -2@%1 4@%2", "r"(large), "r"((short)-2), "r"(4000000000u));
}

int main(void)
{
	for (int n = 1; n <= 2; n++) {
		first(n, "first");
		second(-n, "second");
		third(1UL << 40 | n);
	}
	return 0;
}
