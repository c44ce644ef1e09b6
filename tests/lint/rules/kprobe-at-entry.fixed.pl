# kernel: 6.1 6.12 7.3
a = fprobe vfs_unlink { dentry->d_name.name }
b = fprobe vfs_unlink%return if $retval < 0 { $retval }
c = fprobe vfs_{read,write} { count }
d = fprobe no_such_function ?? vfs_unlink { dentry }

# what takes a kprobe
e = kprobe vfs_unlink+4
f = kprobe vfs_unlink { first = %di }
g = kprobe vfs_unlink { $stack0 }
h = kprobe vfs_unlink { +8(%si) }
