# kernel: 6.12+toys 6.1+toys
a = kprobe shared_name { mode }
b = fprobe shared_name
c = fprobe toy:shared_name { mode }
d = tprobe toy_opened { mode }
e = kprobe toy:toy_hidden
