# How long do tasks wait for a CPU, and who is on it meanwhile?
#
# runnable: a task is put into the run queue; `waker` put it there.
# switch: a CPU goes from one task to another. From `runnable` to the `switch` with the same thread as `to_tid`, a task waited.
#   If `state` is 0 the task that left could have gone on: it was preempted, or its time was up. How often it went by itself and
#   how often it was made to go, and for how long it has run in its life (nanoseconds) are in the other fields.
#
# Kernels: tprobes, Linux 6.5 or later. On an older kernel `eprobe sched:sched_switch` records the event's own fields.

runnable = tprobe sched_wakeup {
    waker = $comm
    who   = p->comm
    tid   = p->pid
    cpu   = p->wake_cpu
}

switch = tprobe sched_switch if prev->pid != 0 || next->pid != 0 {
    from_tid = prev->pid
    from     = prev->comm
    to_tid   = next->pid
    to       = next->comm
    runtime  = prev->se.sum_exec_runtime
    state    = prev->__state ?? prev->state  # renamed in Linux 5.14
    prev->nvcsw
    prev->nivcsw
}
