# kernel: 6.1 6.12 7.3
a = fprobe vfs_read if $comm ~ "NetworkManager-*"
b = fprobe vfs_read if $comm == "dd"
c = fprobe wake_up_new_task if p->comm == "a-name-of-sixte"
d = fprobe vfs_unlink if name ~ "*.log" { name = dentry->d_name.name }
e = eprobe sched:sched_switch if next_comm ~ "*systemd-journald*"
f = fprobe vfs_read if file->f_inode->i_sb->s_id ~ "[a-z]12345678901234567890123456789012*"

# all of this can be
g = fprobe vfs_read if $comm ~ "kworker/*" || $comm ~ "*[a-z]?*a" || $comm ~ "fifteen-letters*"
h = fprobe do_sys_openat2 if path ~ "/etc/*" { path = filename }
i = fprobe vfs_read if name == "/" { name = file->f_path.dentry->d_name.name }
j = fprobe vfs_read if low > 100 { low = (u8)count, count }
k = fprobe vfs_read if mode & 3 && kind in 1..5 { mode = file->f_inode->i_mode: b4@0/16, kind = file->f_mode: x32 }
