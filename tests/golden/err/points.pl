fprobe vfs_raed { count }
tprobe sched_swich { prev->pid }
eprobe sched:sched_swich { prev_pid }
eprobe shed:sched_switch { prev_pid }
fprobe native_sched_clock
kprobe do_int3
fprobe vfs_nothing_*
kprobe kprobe_e*
fprobe tcp_*
kprobe init_once
kprobe vfs_read+8%return { $retval }
fprobe nothing ?? nothing_at_all { count }
x = fprobe {vfs_fsync,vfs_llseek} { second = $arg2 }
kprobe kprobe_* { $comm }
fprobe vfs_{read,nonesuch} { fle }
