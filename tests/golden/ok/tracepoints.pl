switch = tprobe sched_switch if prev->pid != 0 {
    from = prev->comm
    to   = next->comm
    prev->prio
    state = prev->__state ?? prev->state
}
tprobe sched_{wakeup,waking} { p->pid, p->prio: s32, cpu = p->wake_cpu }
mine/exec = tprobe sched_process_exec { bprm->filename, old_pid, p->comm }
tprobe sys_exit if ret == -ENOENT { ret }
tprobe module_* ?? sched_stat_runtime { $arg* }
