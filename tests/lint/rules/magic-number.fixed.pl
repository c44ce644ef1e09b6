# kernel: 6.1 6.12 7.3
const MISSING = -2

a = fprobe do_sys_openat2%return if $retval == -ENOENT || $retval in {-MISSING, -EPERM}
b = fprobe vfs_write%return if $retval in {-EPERM, -EACCES}
c = eprobe syscalls:sys_exit_openat if ret != -EAGAIN
bb = fprobe do_sys_openat2 if how->flags & O_CREAT
d = eprobe syscalls:sys_enter_openat if flags & (O_CREAT | O_TRUNC)
e = fprobe tcp_connect if sk->__sk_common.skc_family == AF_INET6
f = eprobe sock:inet_sock_set_state
    if newstate == TCP_ESTABLISHED
    && family == AF_INET
    && protocol == IPPROTO_TCP
g = fprobe vfs_write if file->f_inode->i_mode & S_IFIFO
h = eprobe signal:signal_generate if sig == SIGKILL
i = fprobe do_send_sig_info if type == PIDTYPE_TGID
j = fprobe tcp_set_state if state == TCP_CLOSE
k = fprobe vfs_write if file->f_flags & O_APPEND

# no name, none of this kind, or named already
l = fprobe vfs_read%return if $retval == -1 || $retval == 4096 || $retval == MISSING
m = fprobe vfs_read if count == 9 || count & 0x40
n = fprobe tcp_connect if sk->__sk_common.skc_family == AF_INET || sk->__sk_common.skc_family == 99
o = eprobe signal:signal_generate if sig in {SIGKILL, SIGTERM} && code > 0 && result == 0
p = fprobe do_sys_openat2 if how->flags & 0x80000000
q = eprobe sock:inet_sock_set_state if newstate > 1
