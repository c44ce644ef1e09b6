a = fprobe getname_flags { filename }  # [partial-function] getname_flags
fprobe getname_flags { $comm }  # [partial-function] getname_flags
c = fprobe getname_flags%return { $retval }  # [partial-function] getname_flags
d = kprobe {vfs_read,do_softirq}  # [partial-function] do_softirq
e = fprobe finish_task_switch.isra.0 {
    $comm
    prev = $arg1: x64  # [partial-function] $arg1
}
f = fprobe put_*  # [partial-function] put_*
g = fprobe cookie_hash  # [partial-function] cookie_hash

# pieces by their own names, and functions of which seldom run code lies apart
h = fprobe getname_flags.part.0 { $comm }
i = fprobe vfs_write { count }
j = kprobe getname_flags+9
