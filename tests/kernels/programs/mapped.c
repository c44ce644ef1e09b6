/* Maps the file it is given and writes to its fourth page, for itself only. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file = open(argv[1], O_RDONLY);
	char *map = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);

	if (argc != 2 || map == MAP_FAILED)
		return 1;
	map[3 * 4096 + 5] = 1;
	printf("%d\n", getpid());
	return 0;
}
