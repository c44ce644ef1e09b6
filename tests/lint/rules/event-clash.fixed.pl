group my_sched

a = fprobe vfs_read { count }
my_block/b = fprobe vfs_write { count }
mine/a = fprobe vfs_open
mine/c = fprobe vfs_fsync
