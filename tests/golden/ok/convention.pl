# sockptr_t takes two registers: what stands behind it is not where its number says
kprobe tcp_setsockopt { sk, level, optname, optlen }
kprobe do_tcp_setsockopt { optlen }
