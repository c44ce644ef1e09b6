# kernel: 6.12 7.3
# casts and container_of in the kernel's words, where it has them, and through addresses and arrays
a = fprobe vfs_read {
    count = ((struct seq_file *)file->private_data)->count
    align = (&((struct opal_new_pw *)file->f_security)->session.opal_key)->__align
    bits  = ((struct reclaim_state *)file->private_data)->mm_walk->lruvec->lru_lock.rlock.raw_lock.val.counter: b7@22/32
    name  = (&((struct file *)file->private_data)->f_path)->dentry->d_name.name
    flags = (&container_of(file->f_path.mnt, struct mount, mnt)->mnt)->mnt_flags
    mount = container_of(file->f_path.mnt, struct mount, mnt)->mnt_id
    pos   = container_of(&((struct file *)file->private_data)->f_path, struct file, f_path)->f_pos
    id    = ((struct inode *)file->f_inode)->i_sb->s_id
}
b = eprobe skb:kfree_skb { l = ((struct sk_buff *)skbaddr)->len, d = ((struct sk_buff *)skbaddr)->dev->name }
c = fprobe vfs_read%return { l = ((struct file *)file)->f_pos, r = ((struct task_struct *)$retval)->pid }
