a = fprobe vfs_read if $comm == "systemd*" { count }  # [glob-by-equality] "systemd*"
b = fprobe vfs_read if $comm != "systemd*" { count }  # [glob-by-equality] "systemd*"
c = fprobe vfs_read if $comm ~ "systemd*" && $comm != "systemd" { count }
d = eprobe sched:sched_switch if next_comm == "kworker/*" { next_pid }  # [glob-by-equality] "kworker/*"
