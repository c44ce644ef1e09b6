# kernel: 6.1 6.12 7.3
a = fprobe vm_area_free%return { vma->vm_start, end = vma->vm_end }  # [freed-at-return] vma->vm_start  # [freed-at-return] vma->vm_end
b = fprobe consume_skb%return { skb->len, skb }  # [freed-at-return] skb->len
c = fprobe dput%return if name ~ "*.log" { name = dentry->d_name.name }  # [freed-at-return] dentry->d_name.name
d = fprobe free_task%return { before = tsk->comm }  # [freed-at-return] tsk->comm
e = fprobe __kfree_skb%return if skb->len > 100  # [freed-at-return] skb->len

# by their names
f = fprobe dev_pm_qos_constraints_destroy%return { dev->id }
g = fprobe bpf_link_free%return { link->id }  # [freed-at-return] link->id
h = fprobe posix_lock_file%return { fl->fl_start ?? fl->c.flc_owner }
i = fprobe free_uid%return { up->uid.val }
j = fprobe anon_vma_ctor%return { $arg1 }
k = fprobe put_ipc_ns%return { ns->used_sems ?? ns->msg_ctlmax }  # [freed-at-return] ns->used_sems ?? ns->msg_ctlmax

# what is there still
l = fprobe vm_area_free { vma->vm_start }
m = fprobe vm_area_free%return { start = entry(vma->vm_start), vma }
n = fprobe kmem_cache_free%return if s->object_size > 4096
o = fprobe fput%return with disabled { file }
