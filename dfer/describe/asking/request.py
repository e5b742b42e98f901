"""One question to one model, and the cache key of its answer.

The key is a contract (docs/cache-key.md): it holds exactly what determines the answer. The API key, retries,
timeouts, template names, class names, parsers and software versions are no part of it.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from description_store.hashing import answer_key
from dfer.errors import ConfigurationError

KEY_VERSION = 1
FLOAT_PARAMS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerRequest:
    """`params` holds only what is really sent: a parameter left out is another request than its default."""

    api: str
    endpoint: str
    model: str
    messages: tuple[dict[str, str], ...]
    params: dict[str, Any] = field(default_factory=dict)
    sample_index: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        params = {
            name: float(value) if name in FLOAT_PARAMS and value is not None else value
            for name, value in self.params.items()
        }
        return {
            "key_version": KEY_VERSION,
            "api": self.api,
            "endpoint": self.endpoint,
            "model": self.model,
            "messages": [dict(message) for message in self.messages],
            "params": params,
            "sample_index": self.sample_index,
        }

    @property
    def key(self) -> str:
        return answer_key(self.identity)


def normalised_endpoint(base_url: str) -> str:
    """One spelling for one address: lower-case scheme and host, no default port, user, query or last slash.

    Raises:
        ConfigurationError: not an http(s) address.
    """
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"base URL {_without_user(base_url)!r}: {error}") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"base URL {_without_user(base_url)!r} is not an http:// or https:// address",
            hint="for a local server something like http://localhost:11434/v1",
        )
    scheme, host = parts.scheme.lower(), parts.hostname.lower()
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host += f":{port}"
    return f"{scheme}://{host}{parts.path.rstrip('/')}"


def _without_user(url: str) -> str:
    return url.rpartition("@")[2].partition("?")[0]
