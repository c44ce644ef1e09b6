/* Asks for its own process id by the system call, and tells it. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	printf("%ld\n", syscall(SYS_getpid));
	return 0;
}
