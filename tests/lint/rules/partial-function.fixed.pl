a = fprobe getname_flags { filename }
getname_flags = fprobe getname_flags.part.0 { $comm }
c = fprobe getname_flags%return { $retval }
d = kprobe {vfs_read,do_softirq}
e = fprobe finish_task_switch.isra.0 {
    $comm
    prev = $arg1: x64
}
f = fprobe put_*
g = fprobe cookie_hash

# pieces by their own names, and functions of which seldom run code lies apart
h = fprobe getname_flags.part.0 { $comm }
i = fprobe vfs_write { count }
j = kprobe getname_flags+9
