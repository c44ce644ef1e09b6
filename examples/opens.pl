# Which paths do programs try to open, and which attempts fail?
#
# On any kernel, by a pair of events of one thread: `open` is what was asked for, and the next `open_failed` of the same
# thread is its failure. failed_opens.pl has both in one event where the kernel can.
#
# Kernels: any with eprobes (5.15) and their conditions (6.0); tried on 6.1, 6.12 and 7.3.

open = eprobe syscalls:sys_enter_openat {
    filename
    flags: x32
}

open_failed = eprobe syscalls:sys_exit_openat if ret < 0 {
    error = ret
}

# These ask for a file to be made.
creation = eprobe syscalls:sys_enter_openat if flags & O_CREAT {
    filename
    mode: x16
}
