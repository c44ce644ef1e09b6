f = fprobe vfs_read { $retval, $foo, $comn, $arg9, $arg0, %ax, $duration, $stack9999 }
k = kprobe vfs_read { %eax, %foo, @slab_caches, @no_such_symbol, @+8 }
i = kprobe vfs_read+8 { count, $arg1 }
a = kprobe 0xffffffff81000000 { count }
v = fprobe mark_page_accessed%return { $retval }
t = tprobe sched_switch { $retval, %di, nxt->pid, $arg7 }
e = eprobe sched:sched_switch { $arg1, $stack, %di, $retval, prev_cmm }
c = fprobe vfs_read { strlen(buf), x = count + 1, y = count == 1, z = count && 1, entry(count) }
m = fprobe vfs_statfs.part.0.isra.0 { buf }
u = fprobe vfs_read { user(count), entry() }
