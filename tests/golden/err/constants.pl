const A = 1 / 0
const B = A + 1
const C = 1 << 64
const D = "x" + 1
const E = F
const F = 0xffffffffffffffff + 1
const G = count
const H = $retval
const I = O_CREATE | PF_WQ_WORKR
fprobe vfs_read if count == A || count == C { x = E }
