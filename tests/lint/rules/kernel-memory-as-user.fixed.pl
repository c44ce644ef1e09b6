# kernel: 6.1 6.12 7.3
a = fprobe vfs_read { name = file->f_path.dentry->d_name.name: string }
b = fprobe wake_up_new_task { who = p->comm: string }
c = fprobe vfs_unlink { dentry->d_name.name }
d = fprobe vfs_read { file->f_pos, flags = +64(file): u32 }
e = fprobe vfs_read { version = @linux_banner: string }

# a program's memory
f = fprobe do_sys_openat2 { path = filename: ustring, user(filename) }
g = fprobe vfs_write { user(buf), first = *user(buf), raw = +u0(buf): u8 }
h = fprobe vfs_read { private = user((char *)file->private_data) }
