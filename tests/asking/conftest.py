"""The real command line against a real server on loopback.

Every run gets a key, and after every test no part of it may be in any output or file.
"""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfer.describe.asking.patience import Patience
from tests.asking.command import KEY, PART_OF_KEY, Certificate, Describe, UseProxy
from tests.cli.conftest import Dfer, dfer  # noqa: F401  (the fixture)
from tests.llm_server import LlmServer


@pytest.fixture
def describe(
    dfer: Dfer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Describe]:
    monkeypatch.setenv("LLM_KEY", KEY)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    # What a server asks for is waited, what dfer chooses itself is not.
    monkeypatch.setattr(Patience, "wait", lambda self, attempt, asked: 0.01 if asked is None else asked)
    describe = Describe(dfer, tmp_path)
    yield describe
    for text in describe.shown:
        assert PART_OF_KEY not in text
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or PART_OF_KEY.encode() not in path.read_bytes(), path


@pytest.fixture
def use_proxy(monkeypatch: pytest.MonkeyPatch) -> UseProxy:
    """From here on every request goes through this server, also one to 127.0.0.1."""

    def use(server: LlmServer) -> None:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HTTP_PROXY", server.proxy_url)
        monkeypatch.setenv("HTTPS_PROXY", server.proxy_url)

    return use


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = folder / "certificate.pem", folder / "key.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:api.openai.com,DNS:openrouter.ai"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN=dfer-test -addext {names} -keyout {key} -out {pem}".split(),
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return Certificate(pem, context)
