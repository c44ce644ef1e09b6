# kernel: 6.1 6.12 7.3
a = fprobe kmem_cache_free { s->name }  # [hot-function] kmem_cache_free
b = fprobe try_to_wake_up { p->pid, $comm }  # [hot-function] try_to_wake_up
c = fprobe mutex_{lock,unlock} { lock }  # [hot-function] mutex_{lock,unlock}

d = fprobe try_to_wake_up if p->pid == 1 { $comm }
e = fprobe kfree with disabled
f = fprobe vfs_read { count }
