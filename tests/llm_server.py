"""A real HTTP server on loopback that speaks the chat-completions dialect, or misbehaves as a test asks."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One HTTP response.

    `chunks` go out in chunked encoding, each after `pause` seconds. `raw` goes out as it stands, without any
    status line or header of ours, and then the connection is closed. `cut`: only half of the body goes out.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    chunks: Sequence[bytes] = ()
    pause: float = 0.0
    raw: bytes | None = None
    cut: bool = False


JSON = {"Content-Type": "application/json"}


def completion(text: str | None, *, finish_reason: str | None = "stop", **extra: Any) -> Reply:
    message = {"role": "assistant", "content": text} | extra.pop("message", {})
    content = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50},
    }
    return Reply(body=json.dumps(content | extra).encode(), headers=dict(JSON))


def response(text: str, *, status: str = "completed", **extra: Any) -> Reply:
    """The same of the Responses API."""
    part = {"type": "output_text", "text": text, "annotations": []}
    content = {
        "id": "x",
        "object": "response",
        "created_at": 1,
        "model": "test-model-1",
        "status": status,
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [part] if text else []},
        ],
        "usage": {"input_tokens": 30, "output_tokens": 20, "total_tokens": 50},
    }
    return Reply(body=json.dumps(content | extra).encode(), headers=dict(JSON))


def error(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message, "code": code, "type": "test"}}).encode()
    return Reply(status=status, body=body, headers=JSON | headers)


def model_list(*names: str, **shutdown_dates: str) -> Reply:
    """What `GET /models` says; a keyword is a model with `_` for `-`, and the day when it is shut down."""
    rows: list[dict[str, Any]] = [{"id": name, "object": "model", "created": 1} for name in names]
    rows += [
        {"id": name.replace("_", "-"), "object": "model", "created": 1, "shutdown_date": day}
        for name, day in shutdown_dates.items()
    ]
    return Reply(body=json.dumps({"object": "list", "data": rows}).encode(), headers=dict(JSON))


class LlmServer:
    """`answer` maps a question and the number of the request (from 1) to a reply.

    `models` answers GET, which is 404 without. With `tls` it speaks TLS from the first byte on, with
    `tls_in_tunnel` inside of CONNECT. It does not care whom a request is for, so it can also stand for a
    proxy (`proxy_url`), and then for every server that is asked through it.
    """

    def __init__(
        self,
        answer: Callable[[str, int], Reply],
        *,
        models: Reply | None = None,
        tls: ssl.SSLContext | None = None,
        tls_in_tunnel: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.models = models or Reply(status=404, body=b"404 page not found")
        self.tls = tls
        self.tls_in_tunnel = tls_in_tunnel
        # Of every POST; `requests` are their bodies, with the path.
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        # The paths of GET and the hosts of CONNECT.
        self.fetched: list[str] = []
        self.tunnels: list[str] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        # The default looks for a shutdown twice a second only, which every test would wait for.
        serve = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=serve, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def questions(self) -> list[str]:
        return [_question(request) for request in self.requests]

    def receive(self, path: str, headers: dict[str, str], request: dict[str, Any]) -> Reply:
        with self._lock:
            self.times.append(time.monotonic())
            self.requests.append(request | {"path": path})
            self.authorizations.append(headers.get("authorization"))
            self.headers.append(headers)
            number = len(self.requests)
        return self.answer(_question(request), number)

    def wait(self, seconds: float) -> None:
        """As long, or until the server is closed."""
        self._closed.wait(seconds)

    def __enter__(self) -> "LlmServer":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _question(request: dict[str, Any]) -> str:
    messages = request["input"] if "input" in request else request["messages"]
    return str(messages[-1]["content"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: that clients hang up and handshakes fail is what tests are about."""


def _handler(outer: LlmServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body are two writes: together with delayed acknowledgements that costs 40 ms a reply.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            outer.connections += 1
            if outer.tls:
                self.request = outer.tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def do_CONNECT(self) -> None:
            outer.tunnels.append(self.path)
            self.send_response(200)
            self.end_headers()
            assert outer.tls_in_tunnel, "nobody speaks TLS in the tunnel"
            self.connection = outer.tls_in_tunnel.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)

        def do_GET(self) -> None:
            outer.fetched.append(self.path)
            self._send(outer.models)

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(outer.receive(self.path, headers, request))

        def _send(self, reply: Reply) -> None:
            if reply.delay:
                outer.wait(reply.delay)
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.chunks:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for chunk in reply.chunks:
                    outer.wait(reply.pause)
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                self.close_connection = reply.cut
                self.wfile.write(b"" if reply.cut else b"0\r\n\r\n")
                return
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
