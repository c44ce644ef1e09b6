# Which requests of block devices are slow, and which fail?
#
# done: a request (or a part of one) is finished; `queued` is when it was made, in nanoseconds of the monotonic clock. The kernel's
# filter cannot subtract, so let the trace use the same clock, and whoever reads it does the sum:
#
#     echo mono >/sys/kernel/tracing/trace_clock
#     awk '/ done: / { for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) now = $i * 1e3
#                      match($0, /queued=[0-9]+/); took = now - substr($0, RSTART + 7, RLENGTH - 7) / 1e6
#                      if (took > 100) print took " ms", $0 }' /sys/kernel/tracing/trace_pipe
#
# failed: a request that ends with an error.
#
# Kernels: any with kprobes, eprobes and BTF; tried on 6.1, 6.12 and 7.3.

done = fprobe blk_update_request {
    disk   = req->q->disk->disk_name
    sector = req->__sector
    bytes  = nr_bytes
    queued = req->start_time_ns
    flags  = req->cmd_flags: x32
}

failed = eprobe block:block_rq_complete if error != 0 {
    dev
    sector
    nr_sector
    error
    rwbs
}
