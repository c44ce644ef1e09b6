/* Calls a library that is linked and one that is opened, and two versions of one function of libc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

long linked(int n, const char *word);
char *old_realpath(const char *path, char *resolved);
__asm__(".symver old_realpath,realpath@GLIBC_2.2.5");

int main(int argc, char **argv)
{
	printf("linked n=7 word=seven returned=%ld\n", linked(7, "seven"));
	void *library = dlopen(argv[1], RTLD_NOW);
	int (*looked_up)(unsigned char, long) = library ? (int (*)(unsigned char, long))dlsym(library, "looked_up") : NULL;
	if (looked_up == NULL)
		return 1;
	printf("looked_up small=200 large=-3 returned=%d\n", looked_up(200, -3));
	char found[4096];
	printf("old path=/proc/. returned=%s\n", old_realpath("/proc/.", found));
	printf("new path=/sys/. returned=%s\n", realpath("/sys/.", found));
	jmp_buf here;
	if (setjmp(here) == 0)
		printf("jump at=%lu\n", (unsigned long)&here);
	return 0;
}
