"""What stands for the processes of the local launcher where only their ends matter: it imports no torch."""

import signal
from multiprocessing.connection import Connection
from typing import Any


def fails(result: bytes, pipe: Connection, **options: Any) -> None:
    """Says the same of all that comes."""
    while not _is_none(pipe.recv_bytes()):
        pipe.send_bytes(result)


def finishes_when_stopped(progress: bytes, result: bytes, pipe: Connection, **options: Any) -> None:
    """It was scoring when it was asked to stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pipe.recv_bytes()
    pipe.send_bytes(progress)
    signal.sigwait({signal.SIGTERM})
    pipe.send_bytes(result)


def _is_none(said: bytes) -> bool:
    return len(said) < 10  # a pickled None; anything else has not to be understood
