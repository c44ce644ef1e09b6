a = fprobe vfs_read if count > pos
b = fprobe vfs_read if 4096 < count && "x" == $comm
c = fprobe vfs_read if count < 0 || count == -1
d = fprobe vfs_read%return if $retval == 0xffffffffffffffff
e = fprobe vfs_read if count == "a" || $comm == 1 || $comm < "b" || count ~ "x" || $comm == 'c'
f = fprobe vfs_read if $comm == "a\nb"
g = fprobe vfs_read if $comm == "both \" and '"
h = fprobe do_sys_openat2 if how->flags & 1 == 1 || (how->flags & 3) == 1
i = fprobe vfs_read if count in 5..1 && count in {1, -1, "x"}
j = fprobe vfs_read if true && 1 == 1 && 3 in {3} && 1 in 0..2
k = fprobe vfs_read if count == NO_SUCH_CONSTANT || count == TCP_ESTABLISED || count == O_CRAET
l = fprobe vfs_read if count == NSIGSEGV
m = fprobe vfs_read if file->f_flags & O_RDONLY
n = fprobe vfs_read if file->f_inode->i_sb->s_uuid.b == 3 || file->f_path || $comm
o = fprobe tcp_v4_connect if sk->sk_no_check_tx == 2 || count == 1
p = tprobe sched_switch if preempt == 2
q = fprobe vfs_read if count + 1 == 2 || count && 3
