"""What the linter knows of the kernel's functions by their names. A name that a kernel does not have does no harm."""
