# kernel: 6.1 6.12 7.3
a = kprobe hrtimer_nanosleep%return { $retval }  # [missed-returns] %return
b = fprobe vfs_read%return with stacktrace if $retval < 0  # [missed-returns] %return
c = fprobe {do_wait,kernel_wait4}%return { $retval }  # [missed-returns] %return
d = fprobe no_such_function%return ?? inet_csk_accept%return { $retval }  # [missed-returns] %return

# there is room, or nobody waits
e = fprobe vfs_read%return with maxactive=100 { $retval }
f = fprobe vfs_unlink%return { $retval }
g = fprobe vfs_read { count }
