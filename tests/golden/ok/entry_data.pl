# parameters at a function's return
failed_read = fprobe vfs_read%return if $retval < 0 {
    error = $retval
    count
    entry(file)
    after = file->f_pos
}
fprobe tcp_setsockopt%return { sk, optlen, $retval }
