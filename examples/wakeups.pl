# Who wakes whom?
#
# wakeup: the waker is the one who runs, or in whose time an interrupt came; `comm`, `tid` and `prio` are of the one woken.
# first_run: a new task becomes runnable for the first time.
#
# Kernels: any with eprobes and their conditions (6.0); tried on 6.1, 6.12 and 7.3.

wakeup = eprobe sched:sched_wakeup if !(comm ~ "kworker/*") {
    waker = $comm
    comm
    tid   = pid  # the event calls the thread's id `pid`
    prio
    target_cpu
}

first_run = eprobe sched:sched_wakeup_new {
    parent = $comm
    tid    = pid
    target_cpu
}
