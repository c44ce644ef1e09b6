# kernel: 7.3
w1 = watch jiffies_64 w { $comm }
w2 = watch init_task w
w3 = watch runqueues w
w4 = watch jiffies_64+2 w len 4
w5 = watch jiffies_64 r
w6 = watch 0x1234 w len 4
w7 = watch 0xffffffff81234567 w len 4
w8 = watch jiffies_46 w
w9 = watch slab_caches w
wa = watch vfs_read x
wb = watch vfs_read x len 4
wc = watch jiffies_64 w len 3
wd = watch vm_swappiness rw if value > 3 { value = @vm_swappiness, %ax, $stack }
we = watch vm_swappiness rw { count, $arg1 }
wf = watch jiffies w if $comm == "cat" { $tid }
m1 = monitor every 1s { total = @nr_threads }
m2 = monitor every 1ms { $comm, $pid, $cpu, $stack1, who = $current->pid, %ax, count }
m3 = monitor every 1ms { this_cpu_read(@cpu_number) }
m4 = monitor every 2s with stacktrace, maxactive=3
