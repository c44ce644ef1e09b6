a = fprobe vfs_read with maxactive=4
b = kprobe vfs_read with maxactive=4
c = kprobe vfs_read%return with maxactive=5000
d = fprobe vfs_read with stacktrce
e = fprobe vfs_read with disabled, disabled
f = fprobe vfs_read with max
g = fprobe vfs_read with stacktrace=3
h = fprobe vfs_read with max=0
