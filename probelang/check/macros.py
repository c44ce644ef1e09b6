"""What the kernel's C calls a member, and is a `#define`: no kind of debugging information has it."""

from __future__ import annotations

#: Members of `struct sock` that the kernel's C reaches by `#define`s (include/net/sock.h), which BTF does not see.
SOCK_MACROS = {
    "sk_node": "__sk_common.skc_node",
    "sk_refcnt": "__sk_common.skc_refcnt",
    "sk_hash": "__sk_common.skc_hash",
    "sk_portpair": "__sk_common.skc_portpair",
    "sk_num": "__sk_common.skc_num",
    "sk_dport": "__sk_common.skc_dport",
    "sk_addrpair": "__sk_common.skc_addrpair",
    "sk_daddr": "__sk_common.skc_daddr",
    "sk_rcv_saddr": "__sk_common.skc_rcv_saddr",
    "sk_family": "__sk_common.skc_family",
    "sk_state": "__sk_common.skc_state",
    "sk_reuse": "__sk_common.skc_reuse",
    "sk_reuseport": "__sk_common.skc_reuseport",
    "sk_ipv6only": "__sk_common.skc_ipv6only",
    "sk_net_refcnt": "__sk_common.skc_net_refcnt",
    "sk_bound_dev_if": "__sk_common.skc_bound_dev_if",
    "sk_bind_node": "__sk_common.skc_bind_node",
    "sk_prot": "__sk_common.skc_prot",
    "sk_net": "__sk_common.skc_net",
    "sk_v6_daddr": "__sk_common.skc_v6_daddr",
    "sk_v6_rcv_saddr": "__sk_common.skc_v6_rcv_saddr",
    "sk_cookie": "__sk_common.skc_cookie",
    "sk_incoming_cpu": "__sk_common.skc_incoming_cpu",
    "sk_flags": "__sk_common.skc_flags",
    "sk_rxhash": "__sk_common.skc_rxhash",
}
