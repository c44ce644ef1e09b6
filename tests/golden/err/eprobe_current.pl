# kernel: 7.3
a = eprobe sched:sched_switch { $pid }
b = eprobe sched:sched_switch { $current->comm }
c = eprobe sched:sched_switch { who = $current->comm ?? $comm }
