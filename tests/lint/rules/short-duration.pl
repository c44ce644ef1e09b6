a = fprobe vfs_open%return if $duration > 10 { took = $duration }  # [short-duration] 10
b = fprobe vfs_open%return if $duration > 10_000_000 { took = $duration }
c = fprobe vfs_open%return if took >= 1 { took = $duration }  # [short-duration] 1
