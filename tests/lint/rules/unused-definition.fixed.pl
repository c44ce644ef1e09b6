const USED = 1
const ALSO = USED + 1

args of_file(f: struct file *) { ino = f->f_inode->i_ino }

fprobe vfs_read if count > ALSO { use of_file(file) }
