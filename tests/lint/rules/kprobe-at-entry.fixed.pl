# kernel: 6.12 7.3
# target: bpftrace
a = fprobe vfs_unlink { dentry->d_name.name }
b = fprobe vfs_unlink%return if $retval < 0 { $retval }
c = fprobe vfs_{read,write} { count }
d = fprobe no_such_function ?? vfs_unlink { dentry }

# what takes a kprobe, and what is none
e = kprobe vfs_unlink { first = %di }
f = kprobe vfs_unlink { $stack }
g = fprobe vfs_unlink { dentry }
