# Where are packets dropped, and why?
#
# no_socket: nobody listens where a packet went to.
# dropped: every other drop for which the kernel knows a reason. The reasons' numbers differ between kernels; their names do not.
#
# Kernels: any with eprobes and reasons for drops (6.0); tried on 6.1, 6.12 and 7.3.

no_socket = eprobe skb:kfree_skb if reason == SKB_DROP_REASON_NO_SOCKET {
    where = location: symbol
    protocol: x16
    $comm
}

dropped = eprobe skb:kfree_skb
    if reason != SKB_DROP_REASON_NO_SOCKET && reason > SKB_DROP_REASON_NOT_SPECIFIED
{
    where = location: symbol
    protocol: x16
    reason
}
