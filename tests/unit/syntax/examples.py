"""A spec of every kind, and a statement for every production of the grammar."""

from __future__ import annotations

SAMPLE = """\
#!/usr/bin/env -S probelang run
# reads.pl: the large reads, and the reads that fail

group io                                    # events are io/<name>; default: the file's name

const BIG = 64 * 1024

big_read = fprobe vfs_read if count > BIG {
    count                                   # a parameter, by its name
    ino  = file->f_inode->i_ino             # members, typed by BTF
    name = file->f_path.dentry->d_name.name # const char *: shown as a string
    pos  = *pos                             # what a pointer points to
}

failed_read = fprobe vfs_read%return if $retval < 0 {
    error  = $retval                        # ssize_t, so signed
    count                                   # entry data: saved when the function was entered
    before = entry(file->f_pos)             # read at entry
    after  = file->f_pos                    # read at return
    took   = $duration                      # nanoseconds from entry to return
}

switch = tprobe sched_switch if prev->pid != 0 {
    from = prev->comm
    to   = next->comm
    prev->prio                              # unnamed: the last member's name, here `prio`
    state = prev->__state ?? prev->state    # the first that this kernel has
}

openat = eprobe syscalls:sys_enter_openat if flags & O_CREAT {
    filename                                # a syscall's pointers are user pointers: read as ustring
    flags: x32                              # `: type` shows it another way
}

line   = uprobe /bin/bash:readline%return { text = $retval: string }
gc     = usdt /usr/bin/python3:python:gc__start { generation = $arg1: s32 }
body   = kprobe tcp_v4_connect+0x1c { sk = %bx }

tick   = watch jiffies_64 w { $comm }       # hardware breakpoint: who writes this variable
procs  = monitor every 1s { total = @nr_threads: s32 }
"""

PRODUCTIONS = [
    "group io",
    "group group",
    "const A = 1",
    "args none() { 1 }",
    "args one(f: struct file *) { f->f_pos }",
    "args two(f: const struct file *, n: unsigned long,) { f->f_pos, n }",
    "args three(u: union u, e: enum e **, s: size_t) { u, e, s }",
    "kprobe f",
    "fprobe f",
    "tprobe f",
    "eprobe s:f",
    "uprobe /p:f",
    "usdt /p:a:b",
    "watch v r",
    "watch v w",
    "watch v x",
    "watch v w len 8",
    "watch v rw len 8",
    "watch v x len 8",
    "watch v r len 8",
    "watch v rw",
    "watch v x len 0x4 { a }",
    "monitor every 10ms",
    "n = kprobe f",
    "g/n = kprobe f",
    "kprobe = fprobe f",
    "watch = fprobe f",
    "monitor = fprobe f",
    "group/const = tprobe f",
    "args/args = eprobe s:f",
    "tprobe = usdt /p:a:b",
    "eprobe = kprobe f",
    "uprobe = kprobe f",
    "usdt = kprobe f",
    "fprobe = kprobe f",
    "kprobe f ?? g ?? h",
    "kprobe {a,b}_f{ x }",
    'uprobe "/a b/c":f { x }',
    "kprobe f with stacktrace",
    "kprobe f with maxactive=16, disabled, max=200 if a { b }",
    "kprobe f { }",
    "kprobe f {\n}",
    "kprobe f\nif a\n{\n\na\n\nb, c,\n\n,d\n}\n",
    "kprobe f { a: u64, n = a: x8[4], b: b3@4/32, c: %pd }",
    "kprobe f { use u(), use v(a), use w(a, b->c) }",
    "kprobe f { use, use = 1, use->x, use(a), in, len = r }",
    "kprobe f { $arg* }",
    "kprobe f if a || b && c | d ^ e & f == g < h << i + j * k ?? l { x }",
    "kprobe f if a != b && c ~ d && e <= f && g > h && i >= j && k >> l - m / n % o { x }",
    "kprobe f if a in {1, 2,\n 3,} && b in 1..2 && c in {A} { x }",
    "kprobe f { *a, &b, -c, +d, ~e, !f, - -g }",
    "kprobe f { (struct s *)a, (union u)b, (enum e)c, (t *)d, (unsigned long)e, (u32)f, (t)g->h, (u8)(i), (u64)-1 }",
    "kprobe f { (const struct s *)a, (const char *)b, (a) in {1}, (a) & b, (a)\n(b) }",
    "kprobe f { a->b, a.b, a[1], a->b.c[d][e] }",
    "kprobe f { a, 1, 'c', \"s\", $comm, %ax, @sym, @sym+8, @0xff, @+0x40, (a), f(), g(a), h(a, b) }",
    "kprobe f { +8(a), -8(a), +u8(a), -0x10(+0(%di)) }",
    "kprobe f { container_of(a, struct s, m.n.o), container_of(a, t, m) }",
]
