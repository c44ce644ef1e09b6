# Which paths do programs try to open in vain?
#
# failed_open: the path as the program gave it, the flags, and the (negative) error, in one event.
#
# The path is a parameter, recorded when the function returns: Linux 6.9 and later save parameters for that, and for
# an older kernel the return is joined with the entry. do_sys_openat2() serves open(), openat() and openat2() alike; it
# returns a long on 6.12 and an int on 7.3, which is no concern of a spec.

failed_open = fprobe do_sys_openat2%return if $retval < 0 {
    error = $retval
    path  = filename
    dir   = dfd  # AT_FDCWD (-100) or the folder that the path starts from
    $comm
}
