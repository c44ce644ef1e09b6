"""What an expression reads and how it is recorded: members, types, casts, memory."""

from __future__ import annotations

from tests.kernels.cases.common import READ
from tests.kernels.lab.case import (
    Case,
    at_least,
    between,
    ending,
    fact,
    none,
    one,
    shown,
    starting,
)

CASES = [
    Case(
        "long-chain",
        # 93 characters, which is more than the 63 that kernels before 7.3 take in an argument.
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            block = file->f_path.mnt->mnt_sb->s_root->d_inode->i_sb->s_root->d_parent->d_inode->i_sb->s_blocksize
        }
        """,
        do=READ + "fact block $(stat -f -c %s f)",
        expect=[one("rd", tid_=fact("reader"), block=fact("block"))],
    ),
    Case(
        "anonymous-members",
        spec="rd = fprobe vfs_read if count == 4321 { links = file->f_inode->i_nlink, mode = file->f_inode->i_mode }",
        do="""
        head -c 5000 /dev/zero >f
        ln f f2
        ln f f3
        chmod 640 f
        known reader dd if=f of=/dev/null bs=4321 count=1 2>/dev/null
        """,
        expect=[one("rd", tid_=fact("reader"), links=3, mode=0o100640)],
    ),
    Case(
        "bitfields",
        spec="""
        listen = fprobe inet_csk_listen_start {
            port   = sk->__sk_common.skc_num
            family = sk->__sk_common.skc_family
            state  = sk->__sk_common.skc_state
            reuse  = sk->__sk_common.skc_reuse
            v6only = sk->__sk_common.skc_ipv6only
        }
        """,
        do="timeout 1 nc -l -p 4242 127.0.0.1",
        expect=[one("listen", port=4242, family=between(2, 10), reuse=1, v6only=0)],
    ),
    Case(
        "strings",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            name = file->f_path.dentry->d_name.name
            fs   = file->f_inode->i_sb->s_id
            type = file->f_inode->i_sb->s_type->name
        }
        """,
        do="""
        head -c 5000 /dev/zero >'a b="c'
        known reader dd 'if=a b="c' of=/dev/null bs=4321 count=1 2>/dev/null
        """,
        expect=[one("rd", tid_=fact("reader"), name='a b="c', fs="tmpfs", type="tmpfs")],
    ),
    Case(
        "integer-array",
        spec="rd = fprobe vfs_read if count == 4321 { id = file->f_inode->i_sb->s_uuid.b }",
        do=READ,
        expect=[
            one("rd", tid_=fact("reader"), id=lambda value: isinstance(value, list) and len(value) == 16)
        ],
    ),
    Case(
        "pointers-are-hex",
        spec="rd = fprobe vfs_read if count == 4321 { file, ops = file->f_op }",
        do=READ + "fact ops 0x$(grep ' shmem_file_operations$' /proc/kallsyms | cut -d' ' -f1)",
        expect=[one("rd", tid_=fact("reader"), file=at_least(1 << 63), ops=fact("ops"))],
    ),
    Case(
        "symbol-types",
        spec="rd = fprobe vfs_read if count == 4321 { ops = file->f_op: symbol }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), ops=starting("shmem_file_operations"))],
    ),
    Case(
        "symstr",
        spec="rd = fprobe vfs_read if count == 4321 { ops = file->f_op: symstr }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), ops=starting("shmem_file_operations"))],
    ),
    Case(
        "dentry-name",
        spec="rd = fprobe vfs_read if count == 4321 { path = file: %pD, name = file->f_path.dentry: %pd }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), name="f", path=ending("f"))],
        # Linux 6.1 has no %pD and %pd, but it can read the same names.
    ),
    Case(
        "shown-otherwise",
        spec="rd = fprobe vfs_read if count == 4321 { hex = count: x64, dec = count: u32, neg = count: s64 }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), hex=shown("0x10e1"), dec=shown("4321"), neg=shown("4321"))],
    ),
    Case(
        "symbol-memory",
        spec="rd = fprobe vfs_read if count == 4321 { panic = @panic_timeout: s32, count }",
        do="echo 4711 >/proc/sys/kernel/panic\n"
        + READ
        + "fact panic $(cat /proc/sys/kernel/panic)\necho -1 >/proc/sys/kernel/panic",
        expect=[one("rd", tid_=fact("reader"), panic=fact("panic"))],
    ),
    Case(
        "cast",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            slots = ((struct pipe_inode_info *)file->private_data)->max_usage
            count
        }
        """,
        do="head -c 9000 /dev/zero | (sleep 0.2; known reader dd of=/dev/null bs=4321 count=1 2>/dev/null)",
        expect=[one("rd", tid_=fact("reader"), slots=16)],
    ),
    Case(
        "container-of",
        spec="rd = fprobe vfs_read if count == 4321 { ino = container_of(&file->f_path, struct file, f_path)->f_inode->i_ino, count }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), ino=fact("ino"))],
    ),
    Case(
        "user-pointer",
        spec='op = fprobe do_sys_openat2 if path ~ "*/needle" { path = user(filename): ustring, dfd, flags = how->flags }',
        do="known opener cat /tmp/work/needle 2>/dev/null; known other cat /tmp/work/hay 2>/dev/null",
        expect=[
            one("op", tid_=fact("opener"), path="/tmp/work/needle", dfd=-100),
            none("op", tid_=fact("other")),
        ],
    ),
    Case(
        "user-struct",
        spec="""
        conn = fprobe __sys_connect if family == AF_INET {
            family = user(uservaddr)->sa_family
            port   = ((struct sockaddr_in *)user(uservaddr))->sin_port: x16
            addr   = user((struct sockaddr_in *)uservaddr)->sin_addr.s_addr: x32
            addrlen
        }
        """,
        setup="(nc -l -p 7779 127.0.0.1 >/dev/null &) ; sleep 0.3",
        do="known client nc 127.0.0.1 7779 </dev/null",
        expect=[one("conn", tid_=fact("client"), family=2, port=0x631E, addr=0x0100007F, addrlen=16)],
    ),
    Case(
        "array-of-bytes",
        spec="syn = fprobe tcp_connect if family == AF_INET6 { family = sk->__sk_common.skc_family, addr = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr8 }",
        setup="(nc -l -p 7780 ::1 >/dev/null &) ; sleep 0.3",
        do="known client nc ::1 7780 </dev/null",
        expect=[one("syn", tid_=fact("client"), family=10, addr=[0] * 15 + [1])],
    ),
    Case(
        "enums-and-flags",
        spec="""
        nap   = fprobe do_nanosleep if mode == HRTIMER_MODE_REL { mode, $comm }
        clock = fprobe do_nanosleep if mode == HRTIMER_MODE_ABS { mode, $comm }
        write = fprobe vfs_write if count == 4321 && flags & O_APPEND { flags = file->f_flags: x32, count }
        """,
        do="known sleeper sleep 0.05; known writer dd if=/dev/zero of=f bs=4321 count=1 oflag=append 2>/dev/null",
        expect=[
            one("nap", tid_=fact("sleeper"), mode=1, comm="sleep"),
            none("clock", tid_=fact("sleeper")),
            one(
                "write",
                tid_=fact("writer"),
                flags=lambda value: isinstance(value, int) and value & 0x401 == 0x401,
            ),
        ],
    ),
    Case(
        "stack-and-registers",
        spec="rd = kprobe vfs_read if count == 4321 { $stack, top = $stack0: x64, sp = %sp: x64, count }",
        do=READ,
        # At the first instruction the top of the stack is the address to return to.
        expect=[one("rd", tid_=fact("reader"), stack=at_least(1 << 63), top=at_least(0xFFFFFFFF80000000))],
    ),
    Case(
        "first-of-two-members",
        spec="rd = fprobe vfs_read if count == 4321 { ino = file->f_nothing->i_ino ?? file->f_inode->i_ino }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), ino=fact("ino"))],
    ),
    Case(
        "casts-in-the-kernels-words",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            count
            ino    = ((struct inode *)file->f_inode)->i_ino
            system = ((struct inode *)file->f_inode)->i_sb->s_id
            raw    = ((struct inode *)+0(&file->f_inode))->i_ino
            name   = ((struct file *)file)->f_path.dentry->d_name.name
            mount  = container_of(file->f_path.mnt, struct mount, mnt)->mnt_id
            place  = container_of(file->f_path.mnt, struct mount, mnt)->mnt_mountpoint->d_name.name
            same   = container_of(&file->f_path, struct file, f_path)->f_inode->i_ino
        }
        back = fprobe vfs_read%return if $retval == 4321 {
            pos = entry(((struct file *)file)->f_pos)
        }
        """,
        do=READ + "fact mount $(grep ' /tmp ' /proc/self/mountinfo | cut -d' ' -f1)",
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                ino=fact("ino"),
                system="tmpfs",
                raw=fact("ino"),
                name="f",
                mount=fact("mount"),
                place="tmp",
                same=fact("ino"),
            ),
            one("back", pos=8642),
        ],
    ),
]
