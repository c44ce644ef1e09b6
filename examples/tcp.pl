# Which TCP connections are being made, and which lose packets?
#
# connect: a SYN goes out, with both ends (addresses byte by byte, the remote port as it stands in the packet).
# retransmit: a segment is sent again, with the state of its connection and how often in a row that was needed.
# established: the same connection is up; here the event has the ports in the host's byte order.
#
# IPv4. Kernels: any with kprobes, eprobes and BTF; tried on 6.1, 6.12 and 7.3.

args of_socket(sk: struct sock *) {
    saddr = sk->__sk_common.skc_rcv_saddr: u8[4]
    daddr = sk->__sk_common.skc_daddr: u8[4]
    sport = sk->__sk_common.skc_num
    dport = sk->__sk_common.skc_dport: x16
}

connect = fprobe tcp_connect if sk->__sk_common.skc_family == AF_INET {
    use of_socket(sk)
    $comm
}

retransmit = fprobe tcp_retransmit_skb if sk->__sk_common.skc_family == AF_INET {
    use of_socket(sk)
    state = sk->__sk_common.skc_state
    tries = ((struct inet_connection_sock *)sk)->icsk_retransmits
    segs
}

established = eprobe sock:inet_sock_set_state
    if newstate == TCP_ESTABLISHED && protocol == IPPROTO_TCP
{
    oldstate
    sport
    dport
}
