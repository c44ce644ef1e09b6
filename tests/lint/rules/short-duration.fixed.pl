a = fprobe vfs_read%return if $duration > 10_000_000 { took = $duration }
b = fprobe vfs_read%return if $duration > 10_000_000 { took = $duration }
c = fprobe vfs_read%return if took >= 1_000_000 { took = $duration }
