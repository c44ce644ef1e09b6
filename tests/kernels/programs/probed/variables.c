/* Variables of every segment, read while a function changes them. The program says what they were. */
#include <stdio.h>

const char text[] = "read-only text";
int counter = 41;
static volatile long below = -7;
char buffer[4096] = "in data";
int zeroed[100];
struct shape {
	int sides;
	const char *name;
	unsigned flag : 3;
} shape = { 5, "five", 6 };
static struct shape *volatile pointer = &shape;

__attribute__((noinline)) int work(int n, struct shape *given)
{
	zeroed[3] = n * 100;
	counter++;
	below--;
	shape.sides += n;
	__asm__ volatile("" ::: "memory");
	return given->sides + n;
}

static void tell(const char *when, int n)
{
	printf("%s n=%d counter=%d below=%ld zeroed=%d sides=%d name=%s flag=%d text=%s buffer=%s through=%d\n", when, n, counter,
	       below, zeroed[3], shape.sides, shape.name, shape.flag, text, buffer, pointer->sides);
}

int main(void)
{
	for (int n = 1; n <= 3; n++) {
		tell("before", n);
		int returned = work(n, &shape);
		tell("after", n);
		printf("returned n=%d returned=%d\n", n, returned);
	}
	return 0;
}
