# kernel: 6.1 6.12 7.3
a = fprobe vfs_read { name = file->f_path.dentry->d_name.name }
b = fprobe do_sys_openat2 { filename, flags = how->flags: x64 }
c = fprobe vfs_read { type = file->f_inode->i_sb->s_type->name }

# the address is meant, the characters as they are, or no string
d = fprobe vfs_read { at = (unsigned long)file->f_path.dentry->d_name.name, file: x64 }
e = fprobe vfs_read { bytes = file->f_path.dentry->d_name.name: x8[16], file->f_inode->i_sb->s_id[0] }
