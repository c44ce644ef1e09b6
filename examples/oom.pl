# Who is killed when memory runs out, and in whose name?
#
# oom_kill: the victim, its size in pages of this address space, and the task whose allocation could not be served.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

oom_kill = fprobe oom_kill_process {
    victim   = oc->chosen->comm
    pid      = oc->chosen->tgid
    adj      = oc->chosen->signal->oom_score_adj
    pages    = oc->chosen->mm->total_vm
    points   = oc->chosen_points
    why      = message
    for_whom = $comm
}
