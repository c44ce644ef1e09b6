fprobe vfs_read {
    file->f_inod->i_ino
    file.f_inode
    file->f_path->dentry
    count->x
    *count
    count[1]
    path = file->f_path
    whole = *file
    v = *(void *)buf
    y = ((struct fiel *)file)->f_flags
    z = ((file *)buf)->f_flags
    mtd = file->f_inode->i_sb->s_mtd->index
    byte = file->f_inode->i_sb->s_uuid.b[16]
    var = file->f_inode->i_sb->s_uuid.b[count]
    addr = &file->f_pos
    reg = &count
}
s = fprobe tcp_v4_connect { sk->sk_reuse, sk->sk_dport, sk->sk_stat }
