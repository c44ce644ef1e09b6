# kernel: 6.1
tprobe sched_switch { prev->comm }
tprobe sys_enter { id }
r = fprobe {vfs_read,inet_csk_listen_start}%return { n = file->f_mode ?? sk->sk_mark }
s = fprobe vfs_read { op = file->f_op: symstr }
t = fprobe vfs_read { $current->comm, $pid }
