# kernel: 6.12+toy 7.3+toy 6.12+toys
opened = tprobe toy:toy_* if mode > 2 { toy->size, toy->level, mode }
