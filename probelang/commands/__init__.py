"""Raw commands of the kernel (`p:io/rd vfs_read count=$arg3`), and what its own parser says of them.

`lines` reads them out of files, `verdict` foresees whether the target kernel takes one and, where it does not, the
error with its text and column, in the kernel's own order of checks. `state` is what earlier commands left behind.
"""
