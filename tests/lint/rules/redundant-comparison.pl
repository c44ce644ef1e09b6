const LIMIT = 4096

a = fprobe vfs_read if count > LIMIT && count > 1024  # [redundant-comparison] count > 1024
b = fprobe vfs_read if count > 1 && $comm != "a" && count > LIMIT  # [redundant-comparison] count > 1
c = fprobe vfs_read if count in {1, 2, 2}  # [redundant-comparison] 2
d = fprobe vfs_read if count > 5 || count == 7  # [redundant-comparison] count == 7
e = eprobe skb:kfree_skb if reason in {SKB_DROP_REASON_NO_SOCKET, SKB_DROP_REASON_NO_SOCKET}  # [redundant-comparison] SKB_DROP_REASON_NO_SOCKET
f = fprobe vfs_read if $comm != "a" && $comm == "b"  # [redundant-comparison] $comm != "a"
g = fprobe vfs_read if !(count > 5) && count <= 5  # [redundant-comparison] count <= 5

# the same number by two names, or numbers of this kernel: not on others
h = fprobe generic_file_read_iter%return if $retval in {-EAGAIN, -EWOULDBLOCK}
i = eprobe skb:kfree_skb if reason == SKB_DROP_REASON_NO_SOCKET && reason > SKB_DROP_REASON_NOT_SPECIFIED
j = fprobe vfs_read if count in 1..9 && count > 3
k = fprobe vfs_read if count > 1 && count != 7 && count < 100
