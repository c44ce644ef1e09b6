# kernel: 6.1 6.12 7.3
a = fprobe vm_area_free%return { entry(vma->vm_start), end = entry(vma->vm_end) }
b = fprobe consume_skb%return { entry(skb->len), skb }
c = fprobe dput%return if name ~ "*.log" { name = entry(dentry->d_name.name) }
d = fprobe free_task%return { before = entry(tsk->comm) }
e = fprobe __kfree_skb%return if entry(skb->len) > 100

# by their names
f = fprobe dev_pm_qos_constraints_destroy%return { dev->id }
g = fprobe bpf_link_free%return { entry(link->id) }
h = fprobe posix_lock_file%return { fl->fl_start ?? fl->c.flc_owner }
i = fprobe free_uid%return { up->uid.val }
j = fprobe anon_vma_ctor%return { $arg1 }
k = fprobe put_ipc_ns%return { entry(ns->used_sems ?? ns->msg_ctlmax) }

# what is there still
l = fprobe vm_area_free { vma->vm_start }
m = fprobe vm_area_free%return { start = entry(vma->vm_start), vma }
n = fprobe kmem_cache_free%return if s->object_size > 4096
o = fprobe fput%return with disabled { file }
