group first
fprobe vfs_read { count, file->f_pos, *count_of, cuont }
fprobe vfs_read { count, count = file }
vfs_read = fprobe vfs_write
group second
const A = 1
const A = 2
args l(f: struct file *) { f->f_flags }
args l(f: struct file *, f: struct inode *) { f->f_flags }
r = fprobe vfs_write { common_pid = count, __probe_ip = file }
n = fprobe vfs_write { a_name_that_is_longer_than_31_chars = count }
u = fprobe vfs_write { 42, use of_file(file), use l(file, file), use l(count) }
args me(f: struct file *) { use me(f) }
v = fprobe vfs_write { use me(file) }
an_event_with_a_name_that_is_quite_a_lot_longer_than_the_kernel_takes = fprobe vfs_read
syscalls/sys_enter_openat = fprobe vfs_read
d = fprobe vfs_write { count, x = file, count, count }
enable = fprobe vfs_read
header_page/x = fprobe vfs_read
