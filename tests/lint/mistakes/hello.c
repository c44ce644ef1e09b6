/* A small program: a function of C, one of C++ by its symbol, a variable, and a static probe. */
int counter;
int area(int width) __asm__("_ZN5Shape4areaEi");

__attribute__((noinline)) int area(int width)
{
	return width * counter;
}

__attribute__((noinline)) int handle_request(int n, const char *what)
{
	counter += n;
	return what[n];
}

void _start(void)
{
	int number = handle_request(3, "hello") + area(4);

	__asm__ volatile(
		"990: nop\n"
		".pushsection .note.stapsdt,\"\",\"note\"\n .balign 4\n .4byte 992f-991f, 994f-993f, 3\n"
		"991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n .8byte 0\n .8byte 0\n"
		" .asciz \"app\"\n .asciz \"step\"\n .asciz \"-4@%0\"\n994: .balign 4\n.popsection\n" ::"r"(number));
	for (;;)
		;
}
