"""Probes on what people look at: files, TCP, memory."""

from __future__ import annotations

from tests.kernels.lab.case import (
    Case,
    fact,
    one,
)

CASES = [
    Case(
        "rename",
        spec="mv = fprobe vfs_rename { from = rd->old_dentry->d_name.name, to = rd->new_dentry->d_name.name, ino = rd->old_dentry->d_inode->i_ino }",
        do="echo x >old_name; fact ino $(stat -c %i old_name); known mover mv old_name new_name",
        expect=[one("mv", tid_=fact("mover"), **{"from": "old_name"}, to="new_name", ino=fact("ino"))],
    ),
    Case(
        "tcp-connect",
        spec="""
        conn = fprobe tcp_v4_connect { addr_len, $comm }
        syn  = fprobe tcp_connect {
            port  = sk->__sk_common.skc_dport: x16
            dest  = sk->__sk_common.skc_daddr: x32
            proto = sk->sk_protocol
            state = sk->__sk_common.skc_state
        }
        """,
        setup="(nc -l -p 7777 127.0.0.1 >/dev/null &) ; sleep 0.3",
        do="known client nc 127.0.0.1 7777 </dev/null",
        expect=[
            one("conn", tid_=fact("client"), addr_len=16),
            one("syn", tid_=fact("client"), port=0x611E, dest=0x0100007F, proto=6, state=2),
        ],
    ),
    Case(
        "page-faults",
        spec='fault = fprobe handle_mm_fault if $comm == "faults" { address, flags, file = vma->vm_file }',
        do="$LAB/faults >out; while read name value; do fact $name $value; done <out",
        programs=["faults"],
        expect=[
            one("fault", address=fact("first"), file=0),
            one("fault", address=fact("last"), file=0),
        ],
    ),
]
