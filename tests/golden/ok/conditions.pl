const MAX = 0x10
const NAME = "tcp*"

fprobe vfs_read if count >= 1 && count <= MAX || count == 'a' { count }
sets = fprobe vfs_read if count in {1, 0b11, 0o17, 017, 1_000} { count }
lone = fprobe vfs_read if count in {1} && !(count in {2, 3}) { count }
range = fprobe vfs_read if count in 4096..BIG - 1 && !(count in 5000..6000) { count }
bits = fprobe vfs_read if file->f_flags & (O_DIRECT | O_SYNC) && file->f_mode & ~1 { file->f_flags }
signs = fprobe vfs_read%return if $retval in {-EAGAIN, -EINTR} || $retval & (1 << 63) { $retval }
state = fprobe tcp_set_state if state == TCP_ESTABLISHED || state in {TCP_CLOSE, TCP_SYN_SENT} { state }
truth = fprobe vfs_read if file && !count { count }
null = fprobe vfs_read if file != NULL { count }
names = fprobe vfs_read if $comm == "bash" || $comm != "d\"d" || $comm ~ NAME || $comm ~ "1?[ab]*" || $comm ~ "!x" { count }
quotes = fprobe vfs_read if $comm == "x\"y" || $comm == "x'y" { count }
bare = fprobe vfs_read if $tid == 1 && $cpu in 0..3 && $comm == "x"
member = fprobe vfs_read if file->f_inode->i_mode & S_IFDIR && file->f_inode->i_sb->s_id == "tmpfs"
same = fprobe vfs_read if file->f_inode->i_ino == 2 || file->f_inode->i_ino == 3 { inode = file->f_inode->i_ino }
bitfield = fprobe tcp_v4_connect if sk->sk_no_check_tx && ((struct tcp_sock *)sk)->repair == 0 { $comm }
booleans = fprobe inet_bind_bucket_match if l3mdev == 3 && port == 0xffff { port }

const BIG = 8 * 1024
