"""Memory that a step frees is kept for the next one, on CPUs."""

import ctypes
import os
import sys
from functools import cache, partial

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Of `mallopt`, in glibc's malloc.h."""


@cache  # once is enough
def keep_freed_memory() -> None:
    """Have the C library hold on to what this process frees, until it ends.

    glibc hands every large block back to the system as soon as it is free. A training step on a CPU frees and
    asks for the same gigabytes again and again, and each time the kernel fills them with zeros, page by page
    (what that costs: docs/performance.md). Does nothing where there is no `mallopt`.

    Before a fork it is handed back once: loader workers would otherwise hold a second copy of it.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, -1)  # never
        os.register_at_fork(before=partial(libc.malloc_trim, 0))
