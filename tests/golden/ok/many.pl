group io
both = fprobe vfs_{read,write} { count, file->f_inode->i_ino }
fprobe vfs_{read,write}v { file }
fprobe vfs_writ? with stacktrace if count == 1 { count }
fprobe filename_unlinkat ?? do_unlinkat with disabled { dfd }
limit = kprobe vfs_f* with max=40 { $comm }
kprobe vfs_read%return with maxactive=16, disabled { $retval }
