/* Seeks to 1234 bytes before the end of a file, and tells its process id. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || lseek(fd, -1234, SEEK_END) < 0)
		return 1;
	printf("%d\n", getpid());
	return 0;
}
