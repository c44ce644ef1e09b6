a = fprobe vfs_open%return if $duration > 10ms { took = $duration }
b = fprobe vfs_open%return if $duration > 10_000_000 { took = $duration }
c = fprobe vfs_open%return if took >= 1ms { took = $duration }
