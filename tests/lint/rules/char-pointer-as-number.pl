# kernel: 6.1 6.12 7.3
a = fprobe vfs_read { name = file->f_path.dentry->d_name.name: x64 }  # [char-pointer-as-number] x64
b = fprobe do_sys_openat2 { filename: u64, flags = how->flags: x64 }  # [char-pointer-as-number] u64
c = fprobe vfs_read { type = file->f_inode->i_sb->s_type->name: symbol }  # [char-pointer-as-number] symbol

# the address is meant, the characters as they are, or no string
d = fprobe vfs_read { at = (unsigned long)file->f_path.dentry->d_name.name, file: x64 }
e = fprobe vfs_read { bytes = file->f_path.dentry->d_name.name: x8[16], file->f_inode->i_sb->s_id[0] }
