const NAME = "dd"

a = fprobe vfs_read if $comm == "bash" { count }
b = fprobe vfs_read if $comm == NAME && count > 1
c = fprobe vfs_read if !($comm ~ "b*") || $comm ~ "[a-c]sh" || $comm ~ "?sh" || $comm == "bash"
