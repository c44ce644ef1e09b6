# Who changes the configuration?
#
# write, truncate, chmod: what is done to files whose name ends in `.conf`; all record the file in the same way.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

const ATTR_MODE = 1 << 0  # include/linux/fs.h

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

chmod = fprobe notify_change if name ~ "*.conf" && attr->ia_valid & ATTR_MODE {
    use of_dentry(dentry)
    mode = attr->ia_mode: x16
    $comm
}
