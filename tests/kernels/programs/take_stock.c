/* Prints all that a script could leave behind in tracefs, in an order of its own: guest.sh compares two of these. A shell takes
 * thrice as long, and this is done for each case. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"

static const char *const files[] = {
	"dynamic_events", "kprobe_events", "uprobe_events", "synthetic_events", "set_event",
	"tracing_on", "current_tracer", "set_ftrace_filter", "set_event_pid",
};
static char text[1 << 22];

/* Reads a file whole into `text`; -1 where it does not exist. Another error is printed, which is a difference, too. */
static long read_file(int folder, const char *path)
{
	int file = openat(folder, path, O_RDONLY);
	long size = 0, more = 0;

	if (file < 0) {
		if (errno != ENOENT)
			printf("%s: %s\n", path, strerror(errno));
		return -1;
	}
	while (size < (long)sizeof(text) - 1 && (more = read(file, text + size, sizeof(text) - 1 - size)) > 0)
		size += more;
	if (more < 0)
		printf("%s: %s\n", path, strerror(errno));
	close(file);
	text[size] = 0;
	return size;
}

static int folders_only(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* The names of the folders in `path`, sorted. */
static int list(int at, const char *path, struct dirent ***names)
{
	int count = scandirat(at, path, names, folders_only, alphasort);

	if (count < 0)
		printf("%s: %s\n", path, strerror(errno));
	return count;
}

/* The lines of a filter or trigger that say something. */
static void print_lines(int group, const char *system, const char *event, const char *name)
{
	char path[1024];
	char *line, *rest = text;

	snprintf(path, sizeof(path), "%s/%s", event, name);
	if (read_file(group, path) < 0)
		return;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line && *line != '#' && strcmp(line, "none"))
			printf("%s %s/%s: %s\n", name, system, event, line);
}

int main(void)
{
	int tracefs = open(TRACEFS, O_RDONLY | O_DIRECTORY);
	struct dirent **systems, **events, **instances;
	int many = list(tracefs, "instances", &instances);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		printf("== %s\n", files[i]);
		if (read_file(tracefs, files[i]) >= 0)
			fputs(text, stdout);
	}
	printf("== instances\n");
	for (int i = 0; i < many; i++)
		puts(instances[i]->d_name);
	printf("== events\n");
	many = list(tracefs, "events", &systems);
	for (int i = 0; i < many; i++) {
		char path[512];
		int group, count;

		snprintf(path, sizeof(path), "events/%s", systems[i]->d_name);
		count = list(tracefs, path, &events);
		group = openat(tracefs, path, O_RDONLY | O_DIRECTORY);
		for (int j = 0; j < count; j++) {
			printf("events/%s/%s/\n", systems[i]->d_name, events[j]->d_name);
			print_lines(group, systems[i]->d_name, events[j]->d_name, "filter");
			print_lines(group, systems[i]->d_name, events[j]->d_name, "trigger");
			free(events[j]);
		}
		if (count >= 0)
			free(events);
		close(group);
	}
	return 0;
}
