const N = 5

# by the type
a = fprobe vfs_read if count >= 0 && count != 1  # [constant-condition] count >= 0
b = fprobe vfs_read if count <= 0xffffffffffffffff || count < 2  # [constant-condition] count <= 0xffffffffffffffff
c = fprobe vfs_read if count > 18446744073709551615  # [constant-condition] count > 18446744073709551615
d = eprobe kmem:mm_page_alloc if migratetype >= -2147483648  # [constant-condition] migratetype >= -2147483648
e = fprobe tcp_connect if sk->__sk_common.skc_reuse & 0xf || sk->__sk_common.skc_reuse <= 15  # [constant-condition] sk->__sk_common.skc_reuse <= 15
f = fprobe set_cpu_online if online & 6  # [constant-condition] online & 6
g = fprobe vfs_read if count in 0..0xffffffffffffffff  # [constant-condition] count in 0..0xffffffffffffffff

# by each other
h = fprobe generic_file_read_iter%return if $retval < 0 && $retval == 0  # [constant-condition] $retval == 0
i = fprobe vfs_read if count == 1 && count == 2  # [constant-condition] count == 2
j = fprobe vfs_read if count != 1 || count != 2  # [constant-condition] count != 2
k = fprobe vfs_read if count > N && count < 3 && $comm == "a"  # [constant-condition] count < 3
l = fprobe vfs_read if $comm == "a" && $comm == "b"  # [constant-condition] $comm == "b"
m = fprobe vfs_read if $comm != "a" || $comm != "b"  # [constant-condition] $comm != "b"
n = fprobe vfs_read if (count == 1 || count == 2) && count == 3  # [constant-condition] count == 3
o = fprobe vfs_read if !(count > 5) && count > 7  # [constant-condition] count > 7
p = fprobe vfs_read if (count > 9)
    && count < 9  # [constant-condition] count < 9
q = fprobe vfs_read if count > 4 || count < 2 || count in 2..4  # [constant-condition] count in 2..4
r = fprobe vfs_read if $tid == 5 && $tid == 6  # [constant-condition] $tid == 6

# nothing to say
s = fprobe vfs_read if count in 0..100 && $tid != 5 && $tid != 6
t = fprobe vfs_read if count > 5 && count < 100 && count != 50
u = fprobe vfs_read if count > 30 || (count < 5 && $comm == "x")
v = fprobe generic_file_read_iter%return if $retval in {-EAGAIN, -EWOULDBLOCK}
w = fprobe set_cpu_online if online & 3
x = fprobe vfs_read if $comm ~ "a*" && $comm ~ "*b" && $comm != "ab"
