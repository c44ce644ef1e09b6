# kernel: 6.12 7.3
a = fprobe vfs_read { @runqueues.nr_running }
b = fprobe vfs_read { x = this_cpu_read(@runqueues.curr->pid) }
c = fprobe vfs_read { x = this_cpu_read(@runqueues) }
d = fprobe vfs_read { x = this_cpu_read(@jiffies_64) }
e = fprobe vfs_read { x = this_cpu_read(count), y = this_cpu_ptr(3) }
f = fprobe vfs_read { x = this_cpu_red(@runqueues.nr_running), y = this_cpu_read(), z = this_cpu_ptr(@nothing) }
g = uprobe /nowhere:0x10 { x = this_cpu_read(@runqueues.nr_running) }
h = eprobe sched:sched_switch { x = this_cpu_read(@runqueues.nr_running) }
i = fprobe vfs_read if nr_running > 1 { this_cpu_read(@runqueues.nr_running) }
