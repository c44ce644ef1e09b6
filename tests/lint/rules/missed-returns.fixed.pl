# kernel: 6.1 6.12 7.3
a = kprobe hrtimer_nanosleep%return with maxactive=1024 { $retval }
b = fprobe vfs_read%return with stacktrace, maxactive=1024 if $retval < 0
c = fprobe {do_wait,kernel_wait4}%return with maxactive=1024 { $retval }
d = fprobe no_such_function%return ?? inet_csk_accept%return with maxactive=1024 { $retval }

# there is room, or nobody waits
e = fprobe vfs_read%return with maxactive=100 { $retval }
f = fprobe vfs_unlink%return { $retval }
g = fprobe vfs_read { count }
