# Which programs become root?
#
# become_root: a task takes credentials whose effective user is root (setuid(), a set-user-id program), with who it is really.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

become_root = fprobe commit_creds if new->euid.val == 0 && new->uid.val != 0 {
    uid = new->uid.val
    gid = new->gid.val
    $comm
}
