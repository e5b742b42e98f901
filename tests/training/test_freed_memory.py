"""What a process frees it finds again, without asking the system."""

import os
import subprocess
import sys

import pytest

ASK_AGAIN = """
import ctypes, resource, sys
import numpy as np
from dfer.training.freed_memory import keep_freed_memory
PR_SET_THP_DISABLE = 41
ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)  # of small pages, every machine counts as many
if sys.argv[1] == "kept":
    keep_freed_memory()
def faults():
    np.ones(2**24)  # 128 MB, written to
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
faults()
before = faults()
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_a_large_block_that_was_freed_is_there_when_it_is_asked_for_again() -> None:
    asked = {
        how: int(subprocess.check_output([sys.executable, "-c", ASK_AGAIN, how])) for how in ("kept", "not")
    }
    assert asked["kept"] < 100, "page faults"
    assert asked["not"] >= 2**27 // os.sysconf("SC_PAGE_SIZE"), "page faults, one for each page"


FORK = """
import os
import numpy as np
from dfer.training.freed_memory import keep_freed_memory
keep_freed_memory()
np.ones(2**24)  # 128 MB
held = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before = held()
if child := os.fork():
    os.waitpid(child, 0)
else:
    print(before - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_a_forked_worker_holds_no_copy_of_freed_memory() -> None:
    assert int(subprocess.check_output([sys.executable, "-c", FORK])) > 2**26, "bytes"
