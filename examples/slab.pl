# Who allocates objects of one slab size?
#
# alloc: an allocation that takes a slot of 4096 bytes: the caller, and how many bytes it needed. What is wasted is the rest.
# cache_alloc: the same from caches of their own (kmem_cache_alloc).
#
# Kernels: any with eprobes and their conditions (6.0); tried on 6.1, 6.12 and 7.3.

const SIZE = 4096

alloc = eprobe kmem:kmalloc if bytes_alloc == SIZE {
    caller = call_site: symbol
    bytes_req
    ptr
    $comm
}

cache_alloc = eprobe kmem:kmem_cache_alloc if bytes_alloc == SIZE {
    caller = call_site: symbol
    ptr
    $comm
}
