# kernel: 6.1 6.12 7.3
a = fprobe vfs_read { name = file->f_path.dentry->d_name.name: ustring }  # [kernel-memory-as-user] ustring
b = fprobe wake_up_new_task { who = p->comm: ustring }  # [kernel-memory-as-user] ustring
c = fprobe vfs_unlink { user(dentry->d_name.name) }  # [kernel-memory-as-user] user(dentry->d_name.name)
d = fprobe vfs_read { user(file)->f_pos, flags = +u64(file): u32 }  # [kernel-memory-as-user] user(file)  # [kernel-memory-as-user] +u64(file)
e = fprobe vfs_read { version = @linux_banner: ustring }  # [kernel-memory-as-user] ustring

# a program's memory
f = fprobe do_sys_openat2 { path = filename: ustring, user(filename) }
g = fprobe vfs_write { user(buf), first = *user(buf), raw = +u0(buf): u8 }
h = fprobe vfs_read { private = user((char *)file->private_data) }
