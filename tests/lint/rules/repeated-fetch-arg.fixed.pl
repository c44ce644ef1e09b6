args of_file(f: struct file *) {
    ino = f->f_inode->i_ino
    pos = f->f_pos
}

a = fprobe vfs_read { count }
b = fprobe vfs_read {
    use of_file(file)
}
c = fprobe vfs_read if ino == 5 {
    use of_file(file)
}
e = fprobe vfs_read%return {
    before = entry(file->f_pos)
    after  = file->f_pos
}
f = fprobe vfs_read { who = $comm }

# other forms of one value, and marks
g = fprobe vfs_read if count > 4096 { count, hex = count: x64, kind = 1, version = 1 }
h = fprobe vfs_read { file, f_pos = file->f_pos }
i = fprobe vfs_read { size = count, $arg* }
j = fprobe vfs_read { size = size ?? count, count }
