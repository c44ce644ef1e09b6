const NAME = "dd"

a = fprobe vfs_read if $comm ~ "bash" { count }  # [glob-without-wildcard] "bash"
b = fprobe vfs_read if $comm ~ NAME && count > 1  # [glob-without-wildcard] NAME
c = fprobe vfs_read if !($comm ~ "b*") || $comm ~ "[a-c]sh" || $comm ~ "?sh" || $comm == "bash"
