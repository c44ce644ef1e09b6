"""What to look at in place of a name that the target kernel does not have: functions, members of structs, events.

What was only renamed is in `probelang.check.renames`; here is what does the same work, or is meant by a name that never was the kernel's.
What is answered is looked up in the target kernel first, so an entry that does not hold there is no harm.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.renames import FUNCTIONS, other_names

if TYPE_CHECKING:
    from probelang.ctypes import TypeRef
    from probelang.kernel.interface import Kernel

#: Functions that do the same work in different releases, the newest first, with other parameters or in other parts.
_FUNCTIONS = (
    ("do_sys_openat2", "do_sys_open", "do_filp_open"),
    ("bprm_execve", "do_execveat_common", "do_execve", "__do_execve_file", "exec_binprm"),
    ("kernel_clone", "_do_fork", "do_fork"),
    ("tcp_drop_reason", "sk_skb_reason_drop", "kfree_skb_reason", "tcp_drop"),
    ("sk_skb_reason_drop", "kfree_skb_reason", "kfree_skb"),
    ("blk_mq_end_request", "__blk_account_io_done", "blk_account_io_done", "blk_account_io_completion"),
    ("blk_mq_start_request", "__blk_account_io_start", "blk_account_io_start"),
    ("submit_bio_noacct", "generic_make_request"),
    ("__alloc_pages_noprof", "__alloc_pages", "__alloc_pages_nodemask"),
    ("__vmalloc_node_range_noprof", "__vmalloc_node_range"),
    ("page_cache_ra_unbounded", "do_page_cache_ra", "__do_page_cache_readahead"),
    ("filemap_add_folio", "add_to_page_cache_lru", "add_to_page_cache"),
    ("folio_mark_accessed", "mark_page_accessed"),
    ("__folio_mark_dirty", "folio_account_dirtied", "account_page_dirtied", "__set_page_dirty"),
    ("handle_mm_fault", "do_user_addr_fault", "__do_page_fault", "do_page_fault", "exc_page_fault"),
    ("vfs_read", "__vfs_read", "new_sync_read"),
    ("vfs_write", "__vfs_write", "new_sync_write"),
    ("alloc_fd", "__alloc_fd"),
    ("close_fd", "__close_fd"),
    ("path_mount", "do_mount"),
    ("user_statfs", "do_statfs"),
    ("vfs_fstatat", "vfs_statx", "vfs_stat", "vfs_lstat"),
    ("__dev_queue_xmit", "dev_queue_xmit"),
    ("sock_sendmsg", "__sock_sendmsg"),
    ("ttwu_do_activate", "ttwu_do_wakeup"),
    ("schedule", "__schedule"),
)
_SYSCALL = re.compile(r"(?:__do_|__se_|k|do_|compat_|__x64_|__ia32_|__arm64_)?(?:sys|SyS|SYSC)_(\w+)")
#: What does the work of a system call, with its parameters.
_WORKERS = {
    "open": "do_sys_openat2",
    "openat": "do_sys_openat2",
    "creat": "do_sys_openat2",
    "read": "ksys_read",
    "write": "ksys_write",
    "lseek": "ksys_lseek",
    "pread64": "ksys_pread64",
    "pwrite64": "ksys_pwrite64",
    "clone": "kernel_clone",
    "fork": "kernel_clone",
    "vfork": "kernel_clone",
    "execve": "bprm_execve",
    "connect": "__sys_connect",
    "accept": "__sys_accept4",
    "bind": "__sys_bind",
    "listen": "__sys_listen",
    "socket": "__sys_socket",
    "sendto": "__sys_sendto",
    "recvfrom": "__sys_recvfrom",
    "sendmsg": "__sys_sendmsg",
    "recvmsg": "__sys_recvmsg",
}

#: System calls whose events have the kernel's name for them, which is not that of the C library.
_SYSCALL_EVENTS = {
    "stat": "newstat",
    "fstat": "newfstat",
    "lstat": "newlstat",
    "fstatat": "newfstatat",
    "uname": "newuname",
    "sendfile": "sendfile64",
    "umount2": "umount",
    "fork": "clone",
    "waitpid": "wait4",
    "open64": "openat",
}

#: Members that went elsewhere, or that somebody looks for under another name: struct, member, and the way to it.
_MEMBERS = {
    ("task_struct", "state"): ("__state",),
    ("task_struct", "cpu"): ("thread_info.cpu",),
    ("task_struct", "uid"): ("cred->uid.val",),
    ("task_struct", "gid"): ("cred->gid.val",),
    ("task_struct", "euid"): ("cred->euid.val",),
    ("task_struct", "ppid"): ("real_parent->tgid",),
    ("task_struct", "tid"): ("pid",),
    ("task_struct", "name"): ("comm",),
    ("file", "f_dentry"): ("f_path.dentry",),
    ("file", "f_vfsmnt"): ("f_path.mnt",),
    **{("file", name): ("f_path.dentry->d_name.name",) for name in ("name", "filename", "path", "f_name", "fname")},
    ("dentry", "name"): ("d_name.name",),
    ("dentry", "d_count"): ("d_lockref.count",),
    ("inode", "ino"): ("i_ino",),
    ("inode", "i_atime"): ("i_atime_sec", "__i_atime.tv_sec"),
    ("inode", "i_mtime"): ("i_mtime_sec", "__i_mtime.tv_sec"),
    ("inode", "i_ctime"): ("i_ctime_sec", "__i_ctime.tv_sec"),
    ("mm_struct", "mmap_sem"): ("mmap_lock",),
    ("bio", "bi_sector"): ("bi_iter.bi_sector",),
    ("bio", "bi_size"): ("bi_iter.bi_size",),
    ("bio", "bi_disk"): ("bi_bdev->bd_disk",),
    ("request", "rq_disk"): ("q->disk",),
    ("request", "sector"): ("__sector",),
    ("request", "data_len"): ("__data_len",),
    ("inet_sock", "inet_daddr"): ("sk.__sk_common.skc_daddr",),
    ("inet_sock", "inet_rcv_saddr"): ("sk.__sk_common.skc_rcv_saddr",),
    ("inet_sock", "inet_dport"): ("sk.__sk_common.skc_dport",),
    ("inet_sock", "inet_num"): ("sk.__sk_common.skc_num",),
    ("sock", "dport"): ("__sk_common.skc_dport",),
    ("sock", "sport"): ("__sk_common.skc_num",),
    ("sock", "daddr"): ("__sk_common.skc_daddr",),
    ("sock", "saddr"): ("__sk_common.skc_rcv_saddr",),
    ("sock", "state"): ("__sk_common.skc_state",),
    ("sock", "family"): ("__sk_common.skc_family",),
}  # fmt: skip


def find_successors(kernel: Kernel, name: str) -> list[str]:
    """Functions of the target kernel that do what `name` does elsewhere, the likeliest first; at most three."""
    wanted = other_names(FUNCTIONS, name)
    for group in _FUNCTIONS:
        if name in group:
            wanted += group
    syscall = find_syscall(name)
    if syscall is not None:
        worker = _WORKERS.get(syscall)
        wanted += [*([worker] if worker else []), f"__x64_sys_{syscall}"]
    return [other for other in dict.fromkeys(wanted) if other != name and _can_be_probed(kernel, other)][:3]


def find_syscall(name: str) -> str | None:
    """The system call that a function's name speaks of; None of another name."""
    match = _SYSCALL.fullmatch(name)
    return match[1] if match else None


def find_event_elsewhere(kernel: Kernel, system: str, name: str) -> list[str]:
    """The event that has the name of the C library for a system call."""
    prefix = next((prefix for prefix in ("sys_enter_", "sys_exit_") if name.startswith(prefix)), "")
    other = _SYSCALL_EVENTS.get(name.removeprefix(prefix)) if prefix and system == "syscalls" else None
    if system == "syscalls" and not prefix:
        enter = f"sys_enter_{name}"
        return [f"{system}:{enter}"] if isinstance(kernel.find_event(system, enter), Found) else []
    found = other is not None and isinstance(kernel.find_event(system, f"{prefix}{other}"), Found)
    return [f"{system}:{prefix}{other}"] if found else []


def find_clones(kernel: Kernel, name: str) -> list[str]:
    """The copies that the compiler made of a function: `finish_task_switch.isra.0`."""
    answer = kernel.functions_matching(re.compile(re.escape(name) + r"\.(?:isra|constprop|part)\..*"))
    return answer.value[:3] if isinstance(answer, Found) else []


def _can_be_probed(kernel: Kernel, name: str) -> bool:
    answer = kernel.find_function(name)
    return isinstance(answer, Found) and answer.value.traceable is not False and not answer.value.blacklisted


def find_member_elsewhere(struct: str, ref: TypeRef, name: str) -> list[str]:
    """Where a member that `struct` does not have is, or what somebody means by it."""
    return [
        way
        for way in _MEMBERS.get((struct, name), ())
        if ref.find_member(re.split(r"\.|->", way)[0]) is not None
    ]
