# kernel: 6.12 7.3
# target: bpftrace
a = kprobe vfs_unlink { dentry->d_name.name }  # [kprobe-at-entry] kprobe
b = kprobe vfs_unlink%return if $retval < 0 { $retval }  # [kprobe-at-entry] kprobe
c = kprobe vfs_{read,write} { count }  # [kprobe-at-entry] kprobe
d = kprobe no_such_function ?? vfs_unlink { dentry }  # [kprobe-at-entry] kprobe

# what takes a kprobe, and what is none
e = kprobe vfs_unlink { first = %di }
f = kprobe vfs_unlink { $stack }
g = fprobe vfs_unlink { dentry }
