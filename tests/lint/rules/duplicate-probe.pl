a = fprobe vfs_read if count > 4096 { count }
b = fprobe vfs_read if file->f_pos > 0 { file->f_pos }
c = fprobe vfs_read if n > 4096 { n = count, $comm }  # [duplicate-probe] vfs_read
d = kprobe vfs_read if count > 4096  # [duplicate-probe] vfs_read
e = kprobe vfs_write%return
f = fprobe vfs_w*%return with max=200  # [duplicate-probe] vfs_w*%return
g = fprobe vfs_{open,fsync}
h = fprobe {vfs_open,vfs_statx}  # [duplicate-probe] vfs_open
i = eprobe sched:sched_switch { next_pid }
j = eprobe sched:sched_switch { prev_pid }  # [duplicate-probe] sched:sched_switch
k = fprobe vfs_unlink if dir->i_ino == 1 && dentry->d_flags > 3 { dir->i_ino }
l = fprobe vfs_unlink if dentry->d_flags > 3 && dir->i_ino == 1 { dentry->d_flags }  # [duplicate-probe] vfs_unlink

# another moment, another condition, or not switched on
m = fprobe vfs_read%return { $retval }
n = fprobe vfs_read if count > 8192
o = fprobe vfs_read with disabled if count > 4096
p = kprobe vfs_read+9
q = fprobe nothing ?? vfs_read if count > 4096
