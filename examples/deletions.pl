# Who deletes these files?
#
# deleted: a file whose name ends in `.log`, its inode number and how many names it had left, and the folder it was in.
# unlink: every attempt to delete, by the path that was asked for, whether it succeeds or not.
# overwritten: a file of such a name goes because another is renamed to it.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

deleted = fprobe vfs_unlink if name ~ "*.log" {
    name   = dentry->d_name.name
    folder = dentry->d_parent->d_name.name
    ino    = dentry->d_inode->i_ino
    links  = dentry->d_inode->i_nlink
    $comm
}

unlink = fprobe filename_unlinkat ?? do_unlinkat {  # the first is its name on 7.3
    path = name->name
    $comm
}

overwritten = fprobe vfs_rename if rd->new_dentry->d_inode != 0 && to ~ "*.log" {
    from = rd->old_dentry->d_name.name
    to   = rd->new_dentry->d_name.name
    ino  = rd->new_dentry->d_inode->i_ino
    $comm
}
