/* A library with a variable of its own, a function that is called by name, and one found by dlsym(). */
int in_library = 100;

__attribute__((noinline)) long linked(int n, const char *word)
{
	in_library += n;
	return n * 3L + word[0];
}

__attribute__((noinline)) int looked_up(unsigned char small, long large)
{
	return small + (int)large;
}
