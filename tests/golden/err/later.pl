before = fprobe vfs_read%return { entry(file->f_pos), took = $duration }
module = fprobe ext4:ext4_file_open { inode }
source = kprobe vfs_read:12 { count }
place  = kprobe fs/read_write.c:12 { count }
