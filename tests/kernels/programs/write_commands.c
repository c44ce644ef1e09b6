/* Writes each line of a file to dynamic_events, kprobe_events or uprobe_events (its first letter says which), or what follows
 * GROUP/EVENT to the trigger (`t`) or filter (`f`) of that event, and tells the kernel's answer: the number of the line, errno, and error_log where it was refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"

static char line[1 << 16], log_text[1 << 20];

static int open_file(const char *name)
{
	int file = open(name, O_WRONLY | O_APPEND);

	if (file < 0) {
		perror(name);
		exit(1);
	}
	return file;
}

static void tell(int number, int error)
{
	int log = open(TRACING "error_log", O_RDONLY);
	size_t size = 0;
	ssize_t got;

	while (log >= 0 && size < sizeof(log_text) && (got = read(log, log_text + size, sizeof(log_text) - size)) > 0)
		size += got;
	close(log);
	printf("%d %d %zu\n", number, error, size);
	fwrite(log_text, 1, size, stdout);
	putchar('\n');
	if (size)
		close(open(TRACING "error_log", O_WRONLY | O_TRUNC));
}

/* Where the text of a line for a trigger or filter begins, and its file, open; -1 where there is none. */
static int open_of_event(char **text)
{
	static char path[sizeof(line) + 64];
	char *end = strchr(line, ' ');

	if (!end)
		return -1;
	*end = 0;
	*text = end + 1;
	snprintf(path, sizeof(path), TRACING "events/%s/%s", line + 1, line[0] == 't' ? "trigger" : "filter");
	return open(path, O_WRONLY);
}

int main(int argc, char **argv)
{
	int dynamic = open_file(TRACING "dynamic_events"), kprobes = open_file(TRACING "kprobe_events");
	int uprobes = open_file(TRACING "uprobe_events");
	FILE *commands = fopen(argv[1], "r");
	int number = 0;

	(void)argc;
	if (!commands)
		return 1;
	close(open(TRACING "error_log", O_WRONLY | O_TRUNC));
	for (; fgets(line, sizeof(line), commands); number++) {
		size_t size = strlen(line) - 1;
		int file = line[0] == 'd' ? dynamic : line[0] == 'k' ? kprobes : uprobes;

		char *text = line + 1;
		int of_event = line[0] == 't' || line[0] == 'f';

		if (of_event) {
			file = open_of_event(&text);
			size -= text - line - 1;
		}
		if (write(file, text, size) < 0)
			tell(number, errno);
		else
			printf("%d 0 0\n\n", number);
		if (of_event)
			close(file);
	}
	return 0;
}
