a = fprobe vfs_read { $stack }  # [stack-address] $stack
b = fprobe vfs_read { backtrace = $stack: x64 }  # [stack-address] $stack
c = fprobe vfs_read with stacktrace { $stack }
d = fprobe vfs_read { $stack0, first = +0($stack) }
e = fprobe vfs_read { sp = $stack }
