kprobe vfs_read
kprobe vfs_read%return
kprobe vfs_read+4
kprobe vfs_write { count, file->f_pos, $comm, *pos, %di, $stack1, @panic_timeout: s32 }
other/vfs_read = kprobe vfs_read { f_pos = count, x = file->f_pos }
group = kprobe vfs_open { path->dentry->d_name.name }
kprobe 0xffffffff81000000 { %ip }
kprobe vfs_kern_mount.part.0 { $arg1: x64 }
