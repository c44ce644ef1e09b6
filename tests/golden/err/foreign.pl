kretprobe vfs_read { $retval }
fentry:vfs_write { count }
fexit:vfs_write { $retval }
tracepoint:sched:sched_switch { prev_pid }
rawtracepoint:sched_wakeup { p->pid }
