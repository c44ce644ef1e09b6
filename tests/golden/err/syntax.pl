fprob vfs_read { count }
a = fprobe vfs_read if count ≥ 1 { count }
b = fprobe vfs_read if count = 1 { count; file }
c = fprobe vfs_read { x = 0o189, y = 1.5, z = "abc }
d = eprobe sched_switch { prev_pid }
e = fprobe vfs_read { count, = 3, file-> }
f = fprobe vfs_read { g = ((count }
h = fprobe vfs_read {
    count

i = fprobe vfs_write { cuont }
