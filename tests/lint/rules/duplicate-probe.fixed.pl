a = fprobe vfs_read if count > 4096 { count }
b = fprobe vfs_read if file->f_pos > 0 { file->f_pos }
c = fprobe vfs_read if n > 4096 { n = count, $comm }
d = fprobe vfs_read if count > 4096
e = fprobe vfs_write%return with maxactive=1024
f = fprobe vfs_w*%return with max=200, maxactive=1024
g = fprobe vfs_{open,fsync}
h = fprobe {vfs_open,vfs_statx}
i = eprobe sched:sched_switch { next_pid }
j = eprobe sched:sched_switch { prev_pid }
k = tprobe sched_waking if p->pid == 1 && p->prio > 3 { p->pid }
l = tprobe sched_waking if p->prio > 3 && p->pid == 1 { p->prio }

# another moment, another condition, or not switched on
m = fprobe vfs_read%return with maxactive=1024 { $retval }
n = fprobe vfs_read if count > 8192
o = fprobe vfs_read with disabled if count > 4096
p = kprobe vfs_read+9
