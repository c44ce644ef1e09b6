# Lines of the kernel's source, of a kernel that comes along, and so without its image.
source = kprobe vfs_read:12 { count }
place  = kprobe fs/read_write.c:12 { count }
back   = kprobe vfs_read:12%return
either = kprobe nothing_like_this:3 ?? nothing/like_this.c:3
