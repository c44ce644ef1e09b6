# variables that BTF lacks and headers declare
a = fprobe vfs_read if threads > 3 {
    threads = @nr_threads
    first   = @init_task.comm
    now     = @jiffies_64
    raw     = @jiffies_64+4: u32
    state   = @system_state
}
