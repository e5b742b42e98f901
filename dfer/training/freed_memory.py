"""Memory that a step frees is kept for the next one, on CPUs."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Of `mallopt`, in glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Have the C library hold on to what this process frees, until it ends.

    glibc hands every large block back to the system as soon as it is free. A training step on a CPU frees and
    asks for the same gigabytes again and again, and each time the kernel fills them with zeros, page by page
    (what that costs: docs/performance.md). Does nothing where there is no `mallopt`.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)  # never
