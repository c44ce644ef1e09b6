# Which programs start, and how do they end?
#
# exec: a program is started in process `pid`.
# fork: a process or thread is made by `$comm`.
# failure: a process ends otherwise than with exit status 0: the status is bits 8 to 15 of `code`, a deadly signal bits 0 to 6.
#
# Kernels: any with kprobes, eprobes and BTF; tried on 6.1, 6.12 and 7.3.

exec = eprobe sched:sched_process_exec {
    filename
    pid
}

fork = fprobe wake_up_new_task {
    parent = $comm
    tid    = p->pid
    pid    = p->tgid
}

failure = fprobe do_exit if code != 0 {
    code: x64
    $comm
}
