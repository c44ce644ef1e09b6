fprobe vfs_read {
    a = count: int
    b = count: string
    c = count: u8
    d = count: s64
    e = file: %pd
    f = file->f_pos: u64
    g = file->f_inode->i_ino: string
    h = +0(file): u8[100]
    i = file->f_inode->i_sb->s_uuid.b: x64
    j = count: u8[4]
    k = file->f_mode: x64
    l = file: b9@4/8
    m = file->f_op: symstr[2]
    n = $comm: u8
}
r = fprobe vfs_read%return { $retval: u64, x = $retval: string }
w = fprobe do_sys_openat2 { dfd: s64 }
b = fprobe tcp_v4_connect { x = sk->sk_no_check_tx: u8 }
