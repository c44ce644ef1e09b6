tick   = watch jiffies_64 w { $comm }
procs  = monitor every 1s { total = @nr_threads: s32 }
before = fprobe vfs_read%return { entry(file->f_pos), took = $duration }
module = fprobe ext4:ext4_file_open { inode }
percpu = fprobe vfs_read { @runqueues }
