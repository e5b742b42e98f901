"""Shared by every room: no network beyond loopback, no credentials from the developer's environment."""

import os
import socket
from typing import Any

import pytest

import dfer  # noqa: F401  (before torch: it sets how torch's threads wait)

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first: at the end of a run, no process waits for one that began late."""
    items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture(autouse=True)
def _no_network_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "DFER_")):
            monkeypatch.delenv(name)
    # Nor a frame index that another test, or the developer, left behind.
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
