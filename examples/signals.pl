# Who sends deadly signals to whom?
#
# signal: the sender is the one who runs; `comm` and `pid` are of the one it is for.
# fatal_fault: the kernel itself sends one, because of what the process did.
#
# Kernels: any with eprobes and their conditions (6.0); tried on 6.1, 6.12 and 7.3.

signal = eprobe signal:signal_generate if sig in {SIGKILL, SIGTERM, SIGQUIT, SIGINT} {
    sig
    sender = $comm
    comm
    pid
}

fatal_fault = eprobe signal:signal_generate
    if sig in {SIGSEGV, SIGBUS, SIGILL, SIGFPE} && code > 0
{
    sig
    code
    comm
    pid
}
