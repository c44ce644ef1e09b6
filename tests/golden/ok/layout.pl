// commas, new lines, comments, and where a new line means nothing
a = fprobe vfs_read
    with stacktrace,
         disabled
    if count > 1
        && (
            count < 10
            || count == 20
        )
{
    count, file,

    pos = *pos    # a comment
    comm = $comm, // another
}
b = fprobe vfs_read{ count }
c=fprobe vfs_read if count==1{count,}
  d  =  fprobe   vfs_read   { }
args = fprobe vfs_read { args = count }
x/if = fprobe vfs_read { use = count, entry = file, user = buf }
