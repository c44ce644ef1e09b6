# kernel: 6.1 6.12 7.3
a = fprobe vfs_write { first = *buf, four = buf: u8[4] }  # [user-memory-as-kernel] buf  # [user-memory-as-kernel] buf
b = fprobe do_sys_openat2 { path = filename: string }  # [user-memory-as-kernel] filename
c = fprobe do_sys_poll { ufds->fd, events = ufds[1].events }  # [user-memory-as-kernel] ufds  # [user-memory-as-kernel] ufds

# strings are found out by every backend; what the kernel has copied
d = fprobe do_sys_openat2 { path = filename, flags = how->flags }
e = fprobe vfs_read { *pos, buf, text = user(buf), first = *user(buf) }
