# kernel: 6.1 6.12 7.3
a = fprobe vfs_read%return with maxactive=64 {
    before = file->f_pos  # [entry-at-return] file->f_pos
    after  = file->f_pos
}
b = fprobe vfs_read%return with maxactive=64 { first = *pos, again = *pos }  # [entry-at-return] *pos
c = fprobe vfs_rename%return { old_ino = rd->new_dentry->d_inode->i_ino }  # [entry-at-return] rd->new_dentry->d_inode->i_ino
d = fprobe vfs_unlink%return { was = dentry->d_name.name, $retval }  # [entry-at-return] dentry->d_name.name
e = fprobe shmem_file_llseek%return { start_pos = file->f_pos, offset }  # [entry-at-return] file->f_pos

# what is meant to be read afterwards, what is kept anyway, and what is named after what it is
f = fprobe vfs_read%return with maxactive=64 { after = file->f_pos, pos = *pos, old_count = count }
g = fprobe vfs_read%return with maxactive=64 { before = entry(file->f_pos), file->f_pos }
h = fprobe vfs_rename%return { old = rd->old_dentry->d_name.name, rd->old_dentry->d_inode->i_ino }
i = fprobe do_mmap%return { prev = file->private_data, x = file->f_mode, y = file->f_mode: x32 }
j = fprobe vfs_read { before = file->f_pos, again = file->f_pos }
