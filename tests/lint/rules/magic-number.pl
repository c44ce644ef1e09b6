# kernel: 6.1 6.12 7.3
const MISSING = -2

a = fprobe do_sys_openat2%return if $retval == -2 || $retval in {-MISSING, -EPERM}  # [magic-number] -2
b = fprobe vfs_write%return if $retval in {-EPERM, -13}  # [magic-number] -13
c = eprobe syscalls:sys_exit_openat if ret != -11  # [magic-number] -11
bb = fprobe do_sys_openat2 if how->flags & 0x40  # [magic-number] 0x40
d = eprobe syscalls:sys_enter_openat if flags & 0x240  # [magic-number] 0x240
e = fprobe tcp_connect if sk->__sk_common.skc_family == 10  # [magic-number] 10
f = eprobe sock:inet_sock_set_state
    if newstate == 1  # [magic-number] 1
    && family == 2  # [magic-number] 2
    && protocol == 6  # [magic-number] 6
g = fprobe vfs_write if file->f_inode->i_mode & 0o10000  # [magic-number] 0o10000
h = eprobe signal:signal_generate if sig == 9  # [magic-number] 9
i = fprobe do_send_sig_info if type == 1  # [magic-number] 1
j = fprobe tcp_set_state if state == 0x7  # [magic-number] 0x7
k = fprobe vfs_write if file->f_flags & 02000  # [magic-number] 02000

# no name, none of this kind, or named already
l = fprobe vfs_read%return if $retval == -1 || $retval == 4096 || $retval == MISSING
m = fprobe vfs_read if count == 9 || count & 0x40
n = fprobe tcp_connect if sk->__sk_common.skc_family == AF_INET || sk->__sk_common.skc_family == 99
o = eprobe signal:signal_generate if sig in {SIGKILL, SIGTERM} && code > 0 && result == 0
p = fprobe do_sys_openat2 if how->flags & 0x80000000
q = eprobe sock:inet_sock_set_state if newstate > 1
