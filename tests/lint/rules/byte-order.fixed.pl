a = fprobe tcp_connect if sk->__sk_common.skc_dport == 0xbb01 { sk->__sk_common.skc_num }
b = fprobe tcp_connect if sk->__sk_common.skc_num == 443 { sk->__sk_common.skc_num }
c = fprobe tcp_connect if sk->__sk_common.skc_dport == 0xbb01 { sk->__sk_common.skc_num }
d = fprobe tcp_connect if sk->__sk_common.skc_daddr != 0x0100007f { sk->__sk_common.skc_num }
e = fprobe tcp_connect if sk->__sk_common.skc_dport < 1024 { sk->__sk_common.skc_num }
