# kernel: 6.1 6.12 7.3
tprobe sched_switch { prev->comm, $current->pid }
fprobe do_unlinkat { nme->name }
fprobe vfs_read { cuont }
