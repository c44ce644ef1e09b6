# Which paths do programs try to open, and which attempts fail?
#
# On any kernel, by a pair of events of one thread: `open` is what was asked for, and the next `open_failed` of the same
# thread is its failure. failed_opens.pl has both in one event, where the kernel can.
# creation: an attempt that makes the file if there is none, and with which permissions.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

open = fprobe do_sys_openat2 {
    path  = filename
    flags = how->flags: x64
}

open_failed = fprobe do_sys_openat2%return if $retval < 0 {
    error = $retval
}

creation = fprobe do_sys_openat2 if how->flags & O_CREAT {
    path = filename
    mode = how->mode: x64
}
