long = fprobe vfs_read { file->f_path.dentry->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_inode }
deep = fprobe vfs_read { file->f_path.dentry->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent->d_parent }
big = fprobe vfs_read {
    a = +0(file): u64[64], b = +0(file): u64[64], c = +0(file): u64[64], d = +0(file): u64[64], e = +0(file): u64[64]
    f = +0(file): u64[64], g = +0(file): u64[64], h = +0(file): u64[64], i = +0(file): u64[64]
}
pid = fprobe vfs_read if $pid == 1 { $current->comm, $tid, $cpu }
space = fprobe vfs_read { text = "two words", empty = "", hash = "#" }
