"""Variables that BTF lacks, and whose type is the same in every kernel: BTF holds per-CPU variables alone.

Each is declared in a header of the kernel (include/linux/). The types are those of the debugging information of Debian's
6.1, 6.12, 7.2 and 7.3, with which tests/kernels/test_lines.py compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space

if TYPE_CHECKING:
    from probelang.btf.blob import Btf

#: The variable, and its type: a struct or enum with its tag, else an integer or a typedef.
DECLARED = {
    "init_mm": "struct mm_struct",
    "init_net": "struct net",
    "init_pid_ns": "struct pid_namespace",
    "init_task": "struct task_struct",
    "init_user_ns": "struct user_namespace",
    "init_uts_ns": "struct uts_namespace",
    "jiffies": "long unsigned int",
    "jiffies_64": "u64",
    "max_pfn": "long unsigned int",
    "nr_cpu_ids": "unsigned int",
    "nr_swap_pages": "atomic_long_t",
    "nr_threads": "int",
    "oops_in_progress": "int",
    "panic_timeout": "int",
    "root_task_group": "struct task_group",
    "system_state": "enum system_states",
    "total_forks": "long unsigned int",
    "vm_swappiness": "int",
}
_TAGS = {"struct": Space.STRUCT, "enum": Space.ENUM}


def declared_type(btf: Btf, name: str) -> int | None:
    """The id of a variable's type in a blob; None where the variable is not in the table. Raises BtfError."""
    written = DECLARED.get(name)
    if written is None:
        return None
    tag, _, rest = written.partition(" ")
    if tag in _TAGS:
        return btf.find(_TAGS[tag], rest)
    for space in (Space.INT, Space.TYPEDEF):
        found = btf.find(space, written)
        if found is not None:
            return found
    return None
