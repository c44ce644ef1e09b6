# an unknown member in many points is said once
fprobe vfs_f* { fle->f_flags, file: u8 }
one = fprobe vfs_{read,write} { file->f_inod, count: u8 }
tprobe sched_w* { p }
