/* Maps four pages, touches the first and the last, and tells where they are. */
#include <stdio.h>
#include <sys/mman.h>

int main(void)
{
	volatile char *pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return 1;
	pages[0] = 1;
	pages[3 * 4096 + 10] = 1;
	printf("first %#lx\n", (unsigned long)pages);
	printf("last %#lx\n", (unsigned long)pages + 3 * 4096 + 10);
	return 0;
}
