# how values are recorded: by their C type, or as asked
kprobe vfs_read {
    file
    count
    hex     = count: x64
    low     = (u8)count
    signed  = (s32)count
    name    = file->f_path.dentry->d_name.name
    type    = file->f_inode->i_sb->s_id
    uuid    = file->f_inode->i_sb->s_uuid.b
    part    = file->f_inode->i_sb->s_uuid.b: x8[4]
    last    = file->f_inode->i_sb->s_uuid.b[15]
    mode    = file->f_inode->i_mode
    op      = file->f_op: symbol
    pos     = *pos
    again   = pos[0]
    raw     = +0(pos): s64
    deep    = +8(+0(file)): x64
    word    = $stack2: x64
    bytes   = pos: u8[8]
    dentry  = file->f_path.dentry: %pd
    path    = file: %pD
    text    = user(buf): ustring
    number  = 42
    minus   = -1
    word_of = "text"
    bits    = $arg3: b4@4/64
}
structs = kprobe tcp_v4_connect {
    repair = ((struct tcp_sock *)sk)->repair
    sk->sk_no_check_tx
    sk->__sk_common.skc_dport
    owner = container_of(sk->sk_socket, struct socket_alloc, socket)->vfs_inode.i_ino
    first = &sk->__sk_common
    enum  = sk->sk_socket->state
}
longs = fprobe vfs_read {
    file->f_path.dentry->d_sb->s_root->d_inode->i_sb->s_root->d_inode->i_sb->s_root->d_parent
}
