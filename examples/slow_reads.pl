# Which reads are slow?
#
# slow_read: a read that takes longer than 100 milliseconds: how long (in nanoseconds), of which file, from which position, how
# much was asked for and what came of it. There is room for 1024 reads at a time (`maxactive`), where the kernel has a limit.
#
# The kernel joins an event of the entry and one of the return; see docs/tracefs.md for what that costs.
#
# Kernels: any with kprobes, BTF, hist triggers and synthetic events; tried on 6.1, 6.12 and 7.3.

slow_read = fprobe vfs_read%return with maxactive=1024 if took > 100ms {
    took   = $duration
    result = $retval
    name   = entry(file->f_path.dentry->d_name.name)
    ino    = entry(file->f_inode->i_ino)
    before = entry(file->f_pos)
    count
    $comm
}
