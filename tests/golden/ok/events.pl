# eprobes filter by their event's own fields where those are compared as they are
eprobe sched:sched_switch if prev_comm == "bash" && next_pid > 1 { prev_comm, next_pid, prev_state }
narrow = eprobe sched:sched_switch if low == 3 { low = (u8)next_pid }
backwards = eprobe syscalls:sys_enter_lseek if offset < 0 { offset, whence }
failed = eprobe syscalls:sys_exit_openat if ret in -133..-1 { ret, $comm }
alloc = eprobe kmem:kmalloc if bytes_alloc == 64 { call_site: symbol, ptr, bytes_alloc }
eprobe sched:sched_process_{fork,exit} { $comm }
exec = eprobe sched:sched_process_exec { filename, pid }
spaced = eprobe sched:sched_switch if prev_comm == "a  b" || prev_comm == "#1" { prev_comm }
mine = eprobe sched:sched_switch if $tid == 1 && $cpu != 0 { prev_pid }
