const USED = 1
const ALSO = USED + 1
const LEFT = 3  # [unused-definition] LEFT

args of_file(f: struct file *) { ino = f->f_inode->i_ino }
args of_nobody(f: struct file *) { ino = f->f_inode->i_ino }  # [unused-definition] of_nobody

args of_both(
    f: struct file *,
    d: struct dentry *  # [unused-definition] d
) {
    use of_file(f)
}

fprobe vfs_write { use of_both(file, file->f_path.dentry) }
fprobe vfs_read if count > ALSO { use of_file(file) }
