"""Well-known things of the kernel that got another name, or another place, with nothing else changed.

A line holds the names of one thing, in the order in which kernels had them. They were read from the BTF, the functions and the events of
Debian's 6.1, 6.12 and 7.3, which a test asks again; `state` became `__state` in Linux 5.14, before the first of them (commit
2f064a59a11f, "sched: Change task_struct::state"), and the times of an inode were behind `__i_atime` from 6.6 or 6.7 to 6.10.
"""

from __future__ import annotations

#: A struct, and how its member is written behind it.
MEMBERS: tuple[tuple[str, ...], ...] = (
    ("task_struct", "state", "__state"),
    # from here on between 6.1 and 6.12
    ("inode", "i_atime.tv_sec", "__i_atime.tv_sec", "i_atime_sec"),
    ("inode", "i_atime.tv_nsec", "__i_atime.tv_nsec", "i_atime_nsec"),
    ("inode", "i_mtime.tv_sec", "__i_mtime.tv_sec", "i_mtime_sec"),
    ("inode", "i_mtime.tv_nsec", "__i_mtime.tv_nsec", "i_mtime_nsec"),
    ("inode", "i_ctime.tv_sec", "__i_ctime.tv_sec", "i_ctime_sec"),
    ("inode", "i_ctime.tv_nsec", "__i_ctime.tv_nsec", "i_ctime_nsec"),
    ("address_space", "private_data", "i_private_data"),
    ("block_device", "bd_inode", "bd_mapping->host"),
    ("cfs_rq", "h_nr_running", "h_nr_queued"),
    ("iov_iter", "iov", "__iov"),
    # from here on between 6.12 and 7.3
    ("cfs_rq", "nr_running", "nr_queued"),
    ("dentry", "d_iname", "d_shortname.string"),
    ("folio", "_folio_nr_pages", "_nr_pages"),
    ("kernfs_node", "parent", "__parent"),
    ("page", "index", "__folio_index"),
    ("renamedata", "old_dir", "old_parent->d_inode"),
    ("renamedata", "new_dir", "new_parent->d_inode"),
    ("super_block", "s_d_op", "__s_d_op"),
)

FUNCTIONS: tuple[tuple[str, ...], ...] = (
    # from here on between 6.1 and 6.12
    ("__alloc_pages", "__alloc_pages_noprof"),
    ("__kmalloc", "__kmalloc_noprof"),
    ("alloc_pages", "alloc_pages_noprof"),
    ("kfree_skb_reason", "sk_skb_reason_drop"),
    ("kmalloc_trace", "__kmalloc_cache_noprof"),
    ("kmem_cache_alloc", "kmem_cache_alloc_noprof"),
    ("load_balance", "sched_balance_rq"),
    ("rebalance_domains", "sched_balance_domains"),
    ("run_rebalance_domains", "sched_balance_softirq"),
    ("scheduler_tick", "sched_tick"),
    ("split_huge_page_to_list", "split_huge_page_to_list_to_order"),
    ("vmalloc", "vmalloc_noprof"),
    # from here on between 6.12 and 7.3
    ("do_coredump", "vfs_coredump"),
    ("do_linkat", "filename_linkat"),
    ("do_mkdirat", "filename_mkdirat"),
    ("do_mknodat", "filename_mknodat"),
    ("do_renameat2", "filename_renameat2"),
    ("do_rmdir", "filename_rmdir"),
    ("do_symlinkat", "filename_symlinkat"),
    ("do_unlinkat", "filename_unlinkat"),
)

#: The system and the event.
EVENTS: tuple[tuple[str, ...], ...] = (
    # from here on between 6.1 and 6.12
    ("ext4:ext4_es_insert_delayed_block", "ext4:ext4_es_insert_delayed_extent"),
    ("ext4:ext4_journal_start", "ext4:ext4_journal_start_inode"),
    ("ext4:ext4_readpage", "ext4:ext4_read_folio"),
    ("ext4:ext4_releasepage", "ext4:ext4_release_folio"),
    ("io_uring:io_uring_submit_sqe", "io_uring:io_uring_submit_req"),
    # between 6.12 and 7.3
    ("timer:hrtimer_init", "timer:hrtimer_setup"),
)


def other_names(table: tuple[tuple[str, ...], ...], name: str) -> list[str]:
    """What else the thing of this name is called."""
    return [other for line in table if name in line for other in line if other != name]


def other_members(struct: str, written: str) -> list[tuple[str, str]]:
    """Of each way to write a member of a struct that begins with this name: the way, and another one."""
    return [
        (way, other)
        for owner, *ways in MEMBERS
        if owner == struct
        for way in ways
        if way.replace("->", ".").split(".")[0] == written
        for other in reversed(ways)
        if other != way
    ]
