"""An LLM that thinks for 50 ms per answer and takes next to no CPU, for a process of its own.

Prints its port. Knows just enough HTTP for one client: keep-alive, and bodies with a length.
"""

import asyncio
import json
import random
import re
from collections import Counter

THINKING_SECONDS = 0.05
_MANNERS = (
    "raised",
    "lowered",
    "drawn",
    "tightened",
    "wrinkled",
    "widened",
    "relaxed",
    "curved",
    "trembling",
)
_PARTS = ("brows", "eyes", "eyelids", "nose", "nostrils", "cheeks", "lips", "jaw", "chin", "forehead", "gaze")
_WAYS = ("", " slightly", " strongly", " inward", " outward", " together", " unevenly", " for a moment")
_PHRASES = [f"{manner} {part}{way}" for manner in _MANNERS for part in _PARTS for way in _WAYS]

_times_asked: Counter[str] = Counter()


def answer(question: str) -> str:
    """Six of some eight hundred phrases: others for each question and each time that it is asked."""
    _times_asked[question] += 1
    phrases = random.Random(f"{_times_asked[question]} {question}").sample(_PHRASES, 6)
    return "\n".join(f"{number}. {phrase}" for number, phrase in enumerate(phrases, start=1))


def response(question: str) -> bytes:
    message = {"role": "assistant", "content": answer(question)}
    completion = {
        "object": "chat.completion",
        "model": "slow",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100},
    }
    body = json.dumps(completion).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            request = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            await asyncio.sleep(THINKING_SECONDS)
            writer.write(response(request["messages"][-1]["content"]))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has what it wanted
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
