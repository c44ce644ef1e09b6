# kernel: 6.12+toy
a = kprobe toi:toy_open
b = kprobe built-in:toy_open
c = kprobe toy:toy_opne { toy->size }
d = kprobe toy:vfs_read
e = kprobe toy:toy_start
f = fprobe toy:toy_hidden
g = kprobe toy:toy_open { toy->siez, other = ((struct tyo *)toy)->size, mode: string }
h = tprobe toy:toy_opend
i = tprobe tyo:toy_opened
j = tprobe toy:toy_open
k = fprobe toy:nothing_* { mode }
l = kprobe toy:toy_open if toy->level == TOY_HIHG
m = kprobe gone:far_away ?? toy:far_away
n = kprobe vmlinux:toy_open
o = fprobe to?:toy_open
p = tprobe {toy,twin}:toy_opened
