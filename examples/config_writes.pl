# Who changes the configuration?
#
# write, truncate, sync: what is done to files whose name ends in `.conf`; all record the file in the same way.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

args of_dentry(d: struct dentry *) {
    name   = d->d_name.name
    folder = d->d_parent->d_name.name
    ino    = d->d_inode->i_ino
    owner  = d->d_inode->i_uid.val
}

write = fprobe vfs_write if name ~ "*.conf" {
    use of_dentry(file->f_path.dentry)
    count
    pos = *pos
    $comm
}

truncate = fprobe do_truncate if name ~ "*.conf" {
    use of_dentry(dentry)
    length
    $comm
}

sync = fprobe vfs_fsync_range if name ~ "*.conf" {
    use of_dentry(file->f_path.dentry)
    datasync
    $comm
}
