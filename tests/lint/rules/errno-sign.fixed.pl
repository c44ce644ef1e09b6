# kernel: 6.1 6.12
a = fprobe do_sys_openat2%return if $retval == -ENOENT { $retval }
b = fprobe do_sys_openat2%return if $retval == -ENOENT || $retval == 3 { $retval }
c = fprobe do_sys_openat2%return if $retval != -2 { $retval }
d = eprobe syscalls:sys_exit_openat if ret == -EACCES { ret }
e = eprobe syscalls:sys_exit_read if ret in {-EAGAIN, -EINTR} { ret }
f = fprobe vfs_read if count == EINTR { count }
