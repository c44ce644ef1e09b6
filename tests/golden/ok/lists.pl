args of_inode(i: struct inode *) { i_ino = i->i_ino, size = i->i_size }
args of_file(f: struct file *) {
    use of_inode(f->f_inode)
    name = f->f_path.dentry->d_name.name
    f->f_flags: x32
}
rd = fprobe vfs_read { use of_file(file), count }
wr = fprobe vfs_write {
    use of_file(file)
    use of_count(count)
}
args of_count(n: size_t) { n }
