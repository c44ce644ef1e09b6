"""The kernel's type information: `image` gets a blob out of a file, `blob` opens it, `layout` and `c` answer about it."""
