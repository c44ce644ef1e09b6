# Which reads are large, and which fail?
#
# big_read: a read of more than 64 KiB, with the file's inode number and name, and the position it starts at.
# failed_read: a read that fails otherwise than by "try again", with the (negative) error. Each shell that waits for a line is within a
#   read: `maxactive` makes room for as many at a time, where the kernel has a limit.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3. `--target perf` takes it without `maxactive`, which perf cannot say.

group io

const BIG = 64 * 1024

big_read = fprobe vfs_read if count > BIG {
    count
    ino  = file->f_inode->i_ino
    name = file->f_path.dentry->d_name.name
    pos  = *pos
}

failed_read = fprobe vfs_read%return with maxactive=1024 if $retval < 0 && $retval != -EAGAIN {
    error = $retval
    $comm
}
