"""The HTTP connection below the SDK: bounded in size, never redirected, with our key and no other."""

import os
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from dfer.describe.asking.completion import NotACompletion
from dfer.describe.asking.endpoint import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# The longest answers of reasoning models are below one of these.
CONNECT_SECONDS = 10.0
LONGEST_BODY = 8 * 2**20  # bytes, unpacked


def connect(endpoint: Endpoint, key: str) -> "AsyncOpenAI":
    """A client that asks once per call: retries are `ask.py`'s, the SDK's own would hide what happened.

    A redirect is an error status: where it leads, the key was not meant to go, and the answer would be kept
    under the name of the wrong server.
    """
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    class BoundedClient(DefaultAsyncHttpxClient):
        async def send(self, request: Any, **options: Any) -> Any:
            _own_headers(request.headers, endpoint, key)
            response = await super().send(request, **options | {"stream": True})
            try:
                body = await _bounded(response.aiter_raw(), response.headers.get("content-encoding", ""))
            except NotACompletion as error:
                if response.is_success:
                    raise
                body = error.body.encode()  # the status says more than what is wrong with the body
            finally:
                await response.aclose()
            headers = {
                name: value
                for name, value in response.headers.multi_items()
                if name not in ("content-encoding", "content-length", "transfer-encoding")
            }
            return type(response)(response.status_code, headers=headers, content=body, request=request)

    return AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=key,
        max_retries=0,
        default_query=endpoint.query,
        http_client=BoundedClient(follow_redirects=False),
    )


def _own_headers(headers: Any, endpoint: Endpoint, key: str) -> None:
    """The SDK reads OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS: nothing for other hosts."""
    headers["Authorization"] = f"Bearer {key}"
    headers["Accept-Encoding"] = "identity"
    if endpoint.key_source != "OPENAI_API_KEY":
        custom = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
        for name in ("openai-organization", "openai-project", *(line.partition(":")[0] for line in custom)):
            if name.strip().lower() not in ("authorization", "accept-encoding", "content-type"):
                headers.pop(name.strip(), None)


async def _bounded(chunks: AsyncIterator[bytes], encoding: str) -> bytes:
    """The body, unpacked where a server packs it unasked. A small packed body may unpack to gigabytes.

    Raises:
        NotACompletion: larger than LONGEST_BODY, or packed in a way that was not asked for.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_BODY:
            raise _too_large(bytes(body))
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return bytes(body)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise NotACompletion(f"the response is packed as {encoding!r}, which was not asked for", body="")
    try:
        plain = zlib.decompressobj(wbits=47).decompress(bytes(body), LONGEST_BODY + 1)
    except zlib.error as error:
        shown = bytes(body[:60]).decode("utf-8", "backslashreplace")
        raise NotACompletion(
            f"the response is not the {encoding} it claims to be: {error}", body=shown
        ) from error
    if len(plain) > LONGEST_BODY:
        raise _too_large(plain)
    return plain


def _too_large(body: bytes) -> NotACompletion:
    # Only its beginning is kept: the store is no place for what a broken server pours out.
    beginning = body[:2000].decode("utf-8", "backslashreplace")
    return NotACompletion(
        f"the response is larger than {LONGEST_BODY // 2**20} MiB; it begins {beginning[:60]!r}",
        body=beginning,
    )
