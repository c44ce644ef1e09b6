# kernel: 6.1 6.12 7.3
a = fprobe vfs_write { first = *user(buf), four = user(buf): u8[4] }
b = fprobe do_sys_openat2 { path = filename: ustring }
c = fprobe do_sys_poll { user(ufds)->fd, events = user(ufds)[1].events }

# strings are found out by every backend; what the kernel has copied
d = fprobe do_sys_openat2 { path = filename, flags = how->flags }
e = fprobe vfs_read { *pos, buf, text = user(buf), first = *user(buf) }
