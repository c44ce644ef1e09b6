const USED = 1
const ALSO = USED + 1

args of_file(f: struct file *) { ino = f->f_inode->i_ino }

args of_both(
    f: struct file *,
    d: struct dentry *
) {
    use of_file(f)
}

fprobe vfs_write { use of_both(file, file->f_path.dentry) }
fprobe vfs_read if count > ALSO { use of_file(file) }
