"""The connection to a Ray cluster: one that is there, or one of this machine's own on loopback."""

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

from dfer.errors import ConfigurationError

_ADDRESS_HINT = "`ray status` shows clusters; without --ray-address and RAY_ADDRESS one is started here"


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """The `ray` module, connected until the block ends; as it was, if it was connected before."""
    ray = import_ray(address)
    if ray.is_initialized():
        yield ray
        return
    try:
        with _own_signals():
            _connect(ray, address)
        yield ray
    finally:
        ray.shutdown()


def import_ray(address: str | None) -> Any:
    """Ray, without its news: it reads some settings from the environment when it is imported.

    Raises ConfigurationError.
    """
    asked = _asked(address)
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
    if asked is None or asked.rpartition(":")[0] in ("127.0.0.1", "localhost"):
        # Else Ray takes loopback for the address that others reach this machine by, and listens there.
        settings["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ConfigurationError("Ray is not installed", hint="pip install 'dfer[ray]'") from error
    return ray


def _connect(ray: Any, address: str | None) -> None:
    """Raises ConfigurationError."""
    asked = _asked(address)
    if asked and "://" in asked:
        raise ConfigurationError(
            f"{asked}: a sweep runs on a node of the cluster, where it sees its data",
            hint="log in there and leave --ray-address out, or name host:port",
        )
    # What `ray start` noted; not "auto", which finds the cluster of another sweep, too.
    found = asked or ray._private.utils.read_ray_address(None) or "local"
    if not _answers(found):
        if asked:
            raise ConfigurationError(f"no Ray cluster answers at {asked}", hint=_ADDRESS_HINT)
        found = "local"
    try:
        ray.init(found, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        what = "Ray does not start" if found == "local" else f"no connection to the Ray cluster at {found}"
        raise ConfigurationError(f"{what}: {error}", hint=_ADDRESS_HINT) from error


def _answers(address: str) -> bool:
    """Looked at before Ray does: that tries for a quarter of an hour."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        return True
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError:
        return False
    return True


def _asked(address: str | None) -> str | None:
    return address or os.environ.get("RAY_ADDRESS") or None


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself; here whoever had it keeps it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
