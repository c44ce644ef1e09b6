at_cwd = eprobe syscalls:sys_enter_openat if dfd == AT_FDCWD && mode & 0111 { filename, mode }
path = eprobe syscalls:sys_enter_openat if filename ~ "/etc/*" { filename }
