"""Pointers to memory of a program, which C marks `__user` and BTF made by gcc does not.

The prototypes of include/linux/syscalls.h, fs.h, socket.h, uaccess.h, string.h, net/sock.h, and of fs/, net/socket.c, kernel/futex and ipc/.
"""

from __future__ import annotations

#: Function: the numbers of the parameters that point to user memory.
USER: dict[str, frozenset[int]] = {
    function: frozenset(slots)
    for function, slots in {
        # files: paths
        "do_sys_openat2": (2,), "do_sys_open": (2,), "getname": (1,), "getname_flags": (1,), "user_path_at": (2,),
        "user_path_at_empty": (2,), "do_readlinkat": (2, 3), "do_fchownat": (2,), "do_fchmodat": (2,), "do_faccessat": (2,),
        "do_sys_truncate": (1,), "do_utimes": (2,), "vfs_fstatat": (2,), "do_mount": (2,), "path_setxattr": (1, 2, 3),
        "path_setxattrat": (2, 4, 5), "path_getxattr": (1, 2, 3), "listxattr": (2,), "do_statx": (5,), "cp_new_stat": (2,),
        # files: data
        "vfs_read": (2,), "vfs_write": (2,), "ksys_read": (2,), "ksys_write": (2,), "ksys_pread64": (2,),
        "ksys_pwrite64": (2,), "vfs_readv": (2,), "vfs_writev": (2,), "do_readv": (2,), "do_writev": (2,), "do_preadv": (2,),
        "do_pwritev": (2,), "seq_read": (2,), "proc_reg_read": (2,), "proc_reg_write": (2,), "mem_rw": (2,),
        "environ_read": (2,), "inotify_read": (2,), "eventfd_write": (2,), "simple_read_from_buffer": (1,),
        "simple_write_to_buffer": (4,), "do_syslog": (2,),
        # waiting
        "do_sys_poll": (1,), "core_sys_select": (2, 3, 4), "do_epoll_wait": (2,), "do_futex": (1, 5), "futex_wait": (1,),
        "__futex_wait": (1,), "futex_wake": (1,), "get_futex_key": (1,), "futex_lock_pi": (1,), "futex_unlock_pi": (1,),
        "get_timespec64": (2,), "put_timespec64": (2,), "kernel_wait4": (2,),
        # sockets
        "__sys_sendto": (2, 5), "__sys_recvfrom": (2, 5, 6), "__sys_sendmsg": (2,), "__sys_recvmsg": (2,),
        "___sys_sendmsg": (2,), "___sys_recvmsg": (2,), "__sys_sendmmsg": (2,), "__sys_recvmmsg": (2,), "do_recvmmsg": (2,),
        "__sys_bind": (2,), "__sys_connect": (2,), "__sys_accept4": (2, 3), "do_accept": (3, 4), "__sys_getsockname": (2, 3),
        "__sys_getpeername": (2, 3), "__sys_setsockopt": (4,), "move_addr_to_kernel": (1,), "move_addr_to_user": (3, 4),
        "copy_msghdr_from_user": (2,),
        # the rest
        "copy_from_user_nofault": (2,), "strncpy_from_user_nofault": (2,), "memdup_user": (1,), "memdup_user_nul": (1,),
        "vmemdup_user": (1,), "strndup_user": (1,), "fault_in_readable": (1,), "fault_in_writeable": (1,), "load_msg": (1,),
        "copy_mount_options": (1,), "copy_siginfo_to_user": (1,), "copy_siginfo_from_user": (2,),
        "do_sched_setscheduler": (3,), "perf_copy_attr": (1,), "copy_clone_args_from_user": (2,),
    }.items()
}  # fmt: skip

#: Structs of the kernel that never lie in a program's memory.
KERNEL_ONLY: frozenset[str] = frozenset(
    (
        "file", "inode", "dentry", "super_block", "path", "filename", "vfsmount", "mount", "address_space", "page", "folio",
        "task_struct", "mm_struct", "vm_area_struct", "cred", "pid", "files_struct", "signal_struct", "nsproxy", "rq",
        "socket", "sock", "sk_buff", "net_device", "net", "msghdr", "tcp_sock", "inet_sock", "request", "request_queue",
        "bio", "gendisk", "block_device", "device", "kobject", "module", "kiocb", "iov_iter", "seq_file", "work_struct",
        "pipe_inode_info", "linux_binprm", "kernel_siginfo", "ctl_table", "cgroup", "nameidata", "qstr",
    )
)  # fmt: skip
