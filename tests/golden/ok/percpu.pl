# kernel: 7.3
# a variable of this CPU, its members, pointers out of it, and per-CPU memory behind a pointer
a = fprobe vfs_read if nr_running > 1 {
    this_cpu_read(@runqueues.nr_running)
    curr = this_cpu_ptr(@runqueues)->curr->comm
    same = this_cpu_read(@runqueues.curr)->comm
    also = this_cpu_ptr(&@runqueues)->curr->pid
    rq   = this_cpu_ptr(@runqueues)
    lock = this_cpu_ptr(@runqueues.cfs)->nr_queued ?? this_cpu_ptr(@runqueues.cfs)->nr_running
}
b = fprobe kfree%return { before = entry(this_cpu_read(@runqueues.nr_switches)), after = this_cpu_read(@runqueues.nr_switches) }
c = tprobe sched_switch { raw = +8(this_cpu_ptr(@runqueues)): x32 }
d = fprobe vfs_read {
    n = this_cpu_ptr(container_of(file->f_path.mnt, struct mount, mnt)->mnt_pcp)->mnt_gets
    m = this_cpu_read(*container_of(file->f_path.mnt, struct mount, mnt)->mnt_pcp).mnt_writers
}
