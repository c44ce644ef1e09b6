group sched  # [event-clash] sched

a = fprobe vfs_read { count }
block/b = fprobe vfs_write { count }  # [event-clash] block
mine/a = fprobe vfs_open  # [event-clash] a
mine/c = fprobe vfs_fsync
