# kernel: 6.1 6.12
a = fprobe do_sys_openat2%return if $retval == ENOENT { $retval }  # [errno-sign] ENOENT
b = fprobe do_sys_openat2%return if $retval == -ENOENT || $retval == 3 { $retval }
c = fprobe do_sys_openat2%return if $retval != 4294967294 { $retval }  # [errno-sign] 4294967294
d = eprobe syscalls:sys_exit_openat if ret == EACCES { ret }  # [errno-sign] EACCES
e = eprobe syscalls:sys_exit_read if ret in {EAGAIN, -EINTR} { ret }  # [errno-sign] EAGAIN
f = fprobe vfs_read if count == EINTR { count }
