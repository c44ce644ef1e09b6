"""Functions that a kernel calls all the time, whatever its users do, and what makes it call them."""

from __future__ import annotations

_SWITCH = "at every switch of tasks, on every CPU"
_WAKE = "whenever a task is woken"
_LOCK = "for every lock that the kernel takes, thousands of times a second on an idle machine"
_RCU = "wherever the kernel reads or defers something by RCU"
_OBJECT = "for every object that the kernel allocates or frees"
_PAGE = "for every page that is allocated or freed"
_TIMER = "for every timer that is set, stopped or runs out"
_TICK = "at every tick of every CPU"
_CLOCK = "wherever the kernel asks for the time"
_IRQ = "at every interrupt"
_SOFTIRQ = "whenever work of an interrupt is put off or done"
_SYSCALL = "at every system call"
_FAULT = "at every page fault"
_FILE = "at nearly every system call on a file"
_PATH = "for every part of every path that is looked up"

#: Function: when it is called, the end of a sentence.
HOT: dict[str, str] = {
    **dict.fromkeys(
        (
            "schedule", "finish_task_switch.isra.0", "pick_next_task_fair", "put_prev_task_fair", "update_curr",
            "update_rq_clock", "__update_load_avg_se", "rcu_note_context_switch", "psi_task_change", "switch_mm_irqs_off",
            "__perf_event_task_sched_in", "__perf_event_task_sched_out",
        ),
        _SWITCH,
    ),
    **dict.fromkeys(
        (
            "try_to_wake_up", "ttwu_do_activate", "enqueue_task_fair", "dequeue_task_fair", "select_task_rq_fair",
            "wake_up_process", "default_wake_function", "autoremove_wake_function", "__wake_up", "__wake_up_common",
        ),
        _WAKE,
    ),
    **dict.fromkeys(
        (
            "_raw_spin_lock", "_raw_spin_lock_irqsave", "_raw_spin_lock_irq", "_raw_spin_lock_bh", "_raw_spin_trylock",
            "_raw_spin_unlock", "_raw_spin_unlock_irqrestore", "_raw_spin_unlock_irq", "_raw_spin_unlock_bh", "_raw_read_lock",
            "_raw_write_lock", "mutex_lock", "mutex_unlock", "mutex_trylock", "down_read", "up_read", "down_write", "up_write",
        ),
        _LOCK,
    ),
    **dict.fromkeys(
        (
            "__rcu_read_lock", "__rcu_read_unlock", "call_rcu", "rcu_core", "rcu_segcblist_enqueue",
        ),
        _RCU,
    ),
    **dict.fromkeys(
        (
            "kmem_cache_alloc", "kmem_cache_alloc_noprof", "kmem_cache_alloc_node", "kmem_cache_alloc_node_noprof",
            "kmem_cache_free", "kmalloc_trace", "__kmalloc_cache_noprof", "__kmalloc", "__kmalloc_noprof",
            "__kmalloc_node_track_caller", "__kmalloc_node_track_caller_noprof", "kfree", "kvfree", "___slab_alloc",
            "__slab_free", "__check_object_size",
        ),
        _OBJECT,
    ),
    **dict.fromkeys(
        (
            "__alloc_pages", "__alloc_pages_noprof", "__alloc_frozen_pages_noprof", "get_page_from_freelist", "__free_pages",
            "free_unref_page", "free_frozen_pages", "folio_add_lru", "__mod_node_page_state", "__mod_lruvec_state",
            "__mod_memcg_lruvec_state", "filemap_get_entry",
        ),
        _PAGE,
    ),
    **dict.fromkeys(
        (
            "hrtimer_interrupt", "__hrtimer_run_queues", "hrtimer_start_range_ns", "hrtimer_cancel", "hrtimer_try_to_cancel",
            "mod_timer", "timer_delete", "run_timer_softirq",
        ),
        _TIMER,
    ),
    **dict.fromkeys(
        (
            "scheduler_tick", "sched_tick", "task_tick_fair", "tick_sched_timer", "tick_nohz_handler", "update_process_times",
            "rcu_sched_clock_irq", "tick_nohz_idle_enter", "tick_nohz_idle_exit",
        ),
        _TICK,
    ),
    **dict.fromkeys(("ktime_get", "ktime_get_with_offset", "ktime_get_ts64"), _CLOCK),
    **dict.fromkeys(
        (
            "irq_enter_rcu", "irq_exit_rcu", "handle_irq_event", "handle_edge_irq", "generic_handle_irq",
            "__common_interrupt", "__sysvec_apic_timer_interrupt",
        ),
        _IRQ,
    ),
    **dict.fromkeys(
        (
            "do_softirq", "__do_softirq", "handle_softirqs", "raise_softirq", "__raise_softirq_irqoff", "queue_work_on",
            "__queue_work", "net_rx_action",
        ),
        _SOFTIRQ,
    ),
    "x64_sys_call": _SYSCALL,
    "syscall_trace_enter": _SYSCALL,
    "handle_mm_fault": _FAULT,
    **dict.fromkeys(
        ("fput", "fget", "__fget_light", "fdget", "fdget_pos", "security_file_permission", "rw_verify_area"), _FILE
    ),
    **dict.fromkeys(("dput", "lookup_fast", "__d_lookup_rcu", "inode_permission", "walk_component"), _PATH),
}  # fmt: skip
