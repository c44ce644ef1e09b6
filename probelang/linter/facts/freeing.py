"""Functions that free what they are given, or give up a reference to it, by the kernel's source.

`FREED` has the number of the parameter; `does_to` tells by the name of any other function.
"""

from __future__ import annotations

#: By which name a rule says what happens.
FREES = "frees"
PUTS = "puts"

_FREE_FIRST = (
    # mm/slub.c, mm/util.c, mm/vmalloc.c, mm/page_alloc.c, mm/swap.c, mm/mempool.c, mm/percpu.c
    "kfree", "kvfree", "kfree_sensitive", "kfree_const", "vfree", "mempool_free", "__free_pages", "free_percpu",
    "free_unref_page", "free_frozen_pages", "__folio_put",
    # net/core/skbuff.c, net/core/dev.c
    "kfree_skb", "kfree_skb_reason", "__kfree_skb", "kfree_skbmem", "kfree_skb_partial", "kfree_skb_list_reason",
    "consume_skb", "__consume_stateless_skb", "napi_consume_skb", "__dev_kfree_skb_any", "dev_kfree_skb_any_reason",
    "dev_kfree_skb_irq_reason", "skb_attempt_defer_free", "free_netdev",
    # fs/file_table.c, fs/dcache.c, fs/inode.c, fs/namei.c, fs/pipe.c, fs/locks.c
    "__fput", "dentry_free", "__dentry_kill", "dentry_kill", "evict", "destroy_inode", "free_pipe_info", "locks_free_lock",
    # kernel/fork.c, kernel/pid.c, kernel/cred.c, fs/fs_struct.c, kernel/nsproxy.c, kernel/vma.c
    "free_task", "__put_task_struct", "free_pid", "__mmdrop", "vm_area_free", "__vm_area_free", "put_cred_rcu", "__put_cred",
    "delayed_put_task_struct", "free_fs_struct", "free_nsproxy", "free_user_ns",
    # net/core/sock.c, net/ipv4, net/core/dst.c, net/core/neighbour.c, net/socket.c
    "__sk_free", "__sk_destruct", "sk_destruct", "inet_twsk_free", "inet_csk_destroy_sock", "dst_destroy", "neigh_destroy",
    "free_fib_info", "nf_conntrack_destroy", "sock_release", "__sock_release",
    # block/, io_uring/, kernel/bpf/, kernel/audit.c
    "bio_free", "bio_endio", "blk_mq_free_request", "__blk_mq_free_request", "io_free_req", "bpf_prog_free", "audit_log_end",
)  # fmt: skip
_PUT_FIRST = (
    "fput", "__fput_sync", "fput_close_sync", "filp_close", "dput", "iput", "putname", "put_pid", "mmput", "mmput_async",
    "put_files_struct", "put_pid_ns", "put_ipc_ns", "release_task", "sk_free", "sock_gen_put", "inet_twsk_put", "dst_release", "bio_put",
    "put_device", "module_put", "mntput", "path_put", "bpf_prog_put", "bpf_map_put", "kernfs_put", "put_super",
    "deactivate_super", "deactivate_locked_super", "pci_dev_put", "device_unregister",
)  # fmt: skip

#: Function: the number of the parameter whose memory goes, and how.
FREED: dict[str, tuple[int, str]] = {
    **dict.fromkeys(_FREE_FIRST, (1, FREES)),
    **dict.fromkeys(_PUT_FIRST, (1, PUTS)),
    "kmem_cache_free": (2, FREES),
    "sk_skb_reason_drop": (2, FREES),
    "skb_free_datagram": (2, FREES),
}


def does_to(function: str, thing: str) -> str | None:
    """What a function that is in no table does to a `thing`, by its name: `free_thing`, `thing_free`, `thing_put`; None where it is not as plain.

    `dev_free_constraints` frees no `dev`, `put_timespec64` copies one, and what is called `things` may be a list whose elements go.
    """
    name = function.split(".")[0].strip("_")
    if not thing or thing.endswith("s"):
        return None
    if name in (f"free_{thing}", f"{thing}_free"):
        return FREES
    return PUTS if name == f"{thing}_put" else None


def may_free(function: str) -> bool:
    """Whether `does_to` has an answer for anything."""
    name = function.split(".")[0].strip("_")
    return name.startswith("free_") or name.endswith(("_free", "_put"))
