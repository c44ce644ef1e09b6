# Which processes fault on which pages?
#
# write_fault: a process writes to a page that is not there yet (or not its own), outside of any file.
# file_fault: a page of a mapped file is needed: the file, and the page's number in it.
#
# Kernels: any with kprobes and BTF; tried on 6.1, 6.12 and 7.3.

write_fault = fprobe handle_mm_fault
    if flags & FAULT_FLAG_USER && flags & FAULT_FLAG_WRITE && vma->vm_file == 0
{
    address: x64
    ip = regs->ip: x64
    flags: x32
    $comm
}

file_fault = fprobe filemap_fault {
    name = vmf->vma->vm_file->f_path.dentry->d_name.name
    ino  = vmf->vma->vm_file->f_inode->i_ino
    page = vmf->pgoff
    $comm
}
