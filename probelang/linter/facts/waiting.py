"""Functions in which tasks wait for something to happen, so that many may be in one at a time, by the kernel's source."""

from __future__ import annotations

_READING = (
    # fs/read_write.c, fs/pipe.c, drivers/tty, fs/*.c
    "vfs_read", "ksys_read", "__x64_sys_read", "vfs_readv", "do_readv", "__x64_sys_readv", "ksys_pread64", "vfs_iter_read",
    "vfs_write", "ksys_write", "__x64_sys_write", "vfs_writev", "do_writev",
    "pipe_read", "anon_pipe_read", "pipe_write", "anon_pipe_write", "fifo_open", "wait_for_partner",
    "tty_read", "n_tty_read", "eventfd_read", "signalfd_read", "signalfd_read_iter", "timerfd_read", "timerfd_read_iter",
    "inotify_read", "fuse_dev_do_read", "__fuse_simple_request", "do_splice", "do_sendfile", "syslog_print", "do_syslog",
)  # fmt: skip
_SOCKETS = (
    # net/socket.c, net/ipv4, net/unix, net/core/sock.c
    "sock_read_iter", "sock_recvmsg", "__sys_recvfrom", "__sys_recvmsg", "___sys_recvmsg", "__sys_recvmmsg", "do_recvmmsg",
    "__x64_sys_recvfrom", "__x64_sys_recvmsg", "inet_recvmsg", "inet6_recvmsg", "tcp_recvmsg", "udp_recvmsg",
    "unix_stream_recvmsg", "unix_stream_read_generic", "unix_dgram_recvmsg", "__unix_dgram_recvmsg", "netlink_recvmsg",
    "packet_recvmsg", "sk_wait_data", "wait_woken",
    "sock_sendmsg", "__sys_sendto", "__sys_sendmsg", "tcp_sendmsg", "unix_stream_sendmsg",
    "inet_csk_accept", "inet_accept", "__sys_accept4", "do_accept", "unix_accept", "__x64_sys_accept", "__x64_sys_accept4",
    "__sys_connect", "inet_stream_connect", "__inet_stream_connect",
)  # fmt: skip
_POLLING = (
    # fs/select.c, fs/eventpoll.c, fs/aio.c, io_uring/
    "do_sys_poll", "do_select", "core_sys_select", "do_epoll_wait", "read_events", "io_cqring_wait",
    "__x64_sys_poll", "__x64_sys_ppoll", "__x64_sys_select", "__x64_sys_pselect6", "__x64_sys_epoll_wait",
    "__x64_sys_epoll_pwait", "__x64_sys_io_uring_enter", "__x64_sys_io_getevents",
)  # fmt: skip
_SLEEPING = (
    # kernel/time, kernel/futex, kernel/exit.c, kernel/signal.c, ipc/
    "hrtimer_nanosleep", "do_nanosleep", "common_nsleep", "common_nsleep_timens", "__x64_sys_nanosleep",
    "__x64_sys_clock_nanosleep", "msleep", "msleep_interruptible", "usleep_range_state",
    "schedule_timeout", "schedule_timeout_interruptible", "schedule_timeout_uninterruptible", "schedule_timeout_idle",
    "schedule_hrtimeout_range", "schedule_hrtimeout_range_clock",
    "do_futex", "futex_wait", "__futex_wait", "futex_wait_queue", "futex_do_wait", "futex_wait_multiple", "futex_lock_pi",
    "futex_wait_requeue_pi", "__x64_sys_futex",
    "do_wait", "__do_wait", "kernel_wait4", "kernel_waitid", "__x64_sys_wait4", "__x64_sys_waitid",
    "do_sigtimedwait", "__x64_sys_rt_sigsuspend", "__x64_sys_rt_sigtimedwait", "get_signal", "ptrace_stop", "do_signal_stop",
    "do_msgrcv", "do_semtimedop", "__do_semtimedop",
)  # fmt: skip
_BLOCKING = (
    # kernel/sched, kernel/locking, mm/
    "schedule", "io_schedule", "io_schedule_timeout", "schedule_preempt_disabled",
    "wait_for_completion", "wait_for_completion_timeout", "wait_for_completion_interruptible", "wait_for_completion_killable",
    "__wait_on_bit", "out_of_line_wait_on_bit", "folio_wait_writeback",
    "mutex_lock", "mutex_lock_interruptible", "__mutex_lock_slowpath", "down_read", "down_write",
    "rwsem_down_read_slowpath", "rwsem_down_write_slowpath", "down_interruptible",
    "fcntl_setlk", "locks_lock_inode_wait", "vfs_fsync_range", "do_fsync", "jbd2_log_wait_commit", "balance_dirty_pages",
)  # fmt: skip

WAITING: frozenset[str] = frozenset((*_READING, *_SOCKETS, *_POLLING, *_SLEEPING, *_BLOCKING))
