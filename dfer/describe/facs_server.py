"""The offline author behind a real HTTP server on loopback, speaking the chat-completions dialect.

For demonstrations and tests of the whole way, sockets included: `dfer demo` describes through it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dfer.describe import facs_author
from dfer.errors import ContentError


@contextmanager
def facs_server(port: int = 0) -> Iterator[str]:
    """Serve until the block ends. Yields the base URL, `http://127.0.0.1:PORT/v1`."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two packets, which would wait for each other

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": facs_author.MODEL, "object": "model"}]})
        else:
            self._send(404, {"error": {"message": f"no such path: {self.path}"}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": {"message": f"no such path: {self.path}"}})
            return
        try:
            question = str(json.loads(body)["messages"][-1]["content"])
            text = facs_author.answer(question)
        except (ValueError, KeyError, IndexError, TypeError):
            self._send(400, {"error": {"message": "expected {model, messages: [{role, content}]}"}})
            return
        except ContentError as error:
            self._send(422, {"error": {"message": error.message}})
            return
        # Tokens are not counted here, so no usage is claimed.
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        self._send(
            200,
            {"id": "facs", "object": "chat.completion", "model": facs_author.MODEL, "choices": [choice]},
        )

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the command that uses this server says what happens."""
