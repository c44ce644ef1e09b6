/* Reads what is not there. */
int main(void)
{
	return *(volatile int *)16;
}
