whole = fprobe vfs_read%return { entry(file->f_inode)->i_ino, x = *entry(file->private_data), entry(count) }
early = fprobe vfs_read { entry(file->f_pos) }
