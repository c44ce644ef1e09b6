# Who is taken off a CPU though it could go on, and what had it done until then?
#
# preempted: the task that had to go, the one that came, and how long (nanoseconds) the first has run in its life.
# slept: a task that went by itself, and the state in which it waits.
#
# Kernels: tprobes, Linux 6.5 or later. On an older kernel `eprobe sched:sched_switch` records the event's own fields.

preempted = tprobe sched_switch if preempt && prev->pid != 0 {
    from    = prev->comm
    tid     = prev->pid
    to      = next->comm
    runtime = prev->se.sum_exec_runtime
    policy  = prev->policy
}

slept = tprobe sched_switch if prev_state & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE) {
    who   = prev->comm
    tid   = prev->pid
    state = prev->__state ?? prev->state        # renamed in 5.14
    prev->nvcsw                                 # how often it went by itself
    prev->nivcsw                                # how often it was made to
}
