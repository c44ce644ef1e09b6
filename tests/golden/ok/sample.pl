#!/usr/bin/env -S probelang run
# the sample of the language reference, without what needs a later release

group io

const BIG = 64 * 1024

big_read = fprobe vfs_read if count > BIG {
    count
    ino  = file->f_inode->i_ino
    name = file->f_path.dentry->d_name.name
    pos  = *pos
}

failed_read = kprobe vfs_read%return if $retval < 0 { error = $retval }

openat = eprobe syscalls:sys_enter_openat if flags & O_CREAT {
    filename
    flags: x32
}

body = kprobe tcp_v4_connect+0x1c { sk = %bx }
