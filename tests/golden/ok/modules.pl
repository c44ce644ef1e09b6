# kernel: 6.1+toy 6.12+toy 7.3+toy 6.12+toys
# functions and tracepoints of a module, by its file and as a loaded one
group mod
const HIGH = 2

open    = kprobe toy:toy_open if toy->level == TOY_HIGH { toy->size, toy->name, toy->odd, mode }
opened  = kprobe toy:toy_open%return { $retval }
traced  = fprobe toy:toy_open if mode == HIGH { toy->size, toy->name, toy->odd, mode }
slow    = fprobe toy:toy_open%return { $retval, size = entry(toy->size), $duration }
inside  = kprobe toy:toy_open+5 { %di }
hidden  = kprobe toy:toy_hidden { mode }
shared  = fprobe toy:shared_name { mode }
cast    = kprobe toy:toy_open { again = ((struct toy *)$arg1)->size, s = container_of(toy, struct toy, size)->level }
first   = fprobe toy:nothing ?? toy:toy_open
itself  = fprobe vmlinux:vfs_read { count }
kprobe toy:toy_* with disabled
