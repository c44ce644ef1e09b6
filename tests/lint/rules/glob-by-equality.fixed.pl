a = fprobe vfs_read if $comm ~ "systemd*" { count }
b = fprobe vfs_read if !($comm ~ "systemd*") { count }
c = fprobe vfs_read if $comm ~ "systemd*" && $comm != "systemd" { count }
d = eprobe sched:sched_switch if next_comm ~ "kworker/*" { next_pid }
