"""Which server is asked, and with which key.

The OpenAI key is never sent to another host unless the user asked for it, by `--key-env` or by setting
OPENAI_BASE_URL. The key itself is never stored, logged or shown.
"""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from dfer.describe.asking.providers import OPENAI, PROVIDERS, LimitName, ProviderName
from dfer.describe.asking.request import normalised_endpoint
from dfer.describe.asking.secrets import holds_secret
from dfer.errors import ConfigurationError, UsageError

# Local servers want some key, and the SDK insists on one.
DUMMY_KEY = "not-needed"
_SHORTEST_SECRET = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """`key_source` names where the key came from, for messages; the key stays out of every repr.

    `name` stands for the server in cache keys: its address, or the user's own label for it. `query` is sent
    with every request and is no part of a cache key.
    """

    base_url: str
    key: str | None = field(repr=False)
    key_source: str
    name: str
    query: dict[str, str] = field(default_factory=dict, repr=False)
    limit_name: LimitName = "max_tokens"

    def require_key(self) -> str:
        if self.key is None:
            raise ConfigurationError(
                f"no API key: {self.key_source} is not set",
                hint="export it, or name a local server with --provider or --base-url, "
                "or use --model builtin/facs",
            )
        return self.key

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or stored: the key, and whatever long value the query holds.

        A short word is no secret: "face" as a key for a local server would be taken out of every answer.
        """
        values = (self.key or "", *self.query.values())
        return tuple(value for value in values if len(value) >= _SHORTEST_SECRET and value != DUMMY_KEY)


def choose_endpoint(
    *,
    provider: ProviderName | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    name: str | None = None,
) -> Endpoint:
    """The endpoint for these options and the environment (OPENAI_BASE_URL, OPENAI_API_KEY).

    A missing key is no error yet: where every answer is cached, none is needed.

    Raises:
        ConfigurationError: the address is none, or the key cannot be a key.
        UsageError: `key_env` is no name of a variable.
    """
    known = PROVIDERS[provider] if provider else None
    from_environment = os.environ.get("OPENAI_BASE_URL", "").strip()
    written = base_url or (known.base_url if known else from_environment or OPENAI)
    address = normalised_endpoint(written)
    if key_env is not None and (holds_secret(key_env) or not re.fullmatch(r"[A-Za-z_]\w*", key_env)):
        # Most likely the key itself: it is not repeated.
        raise UsageError("--key-env takes the name of an environment variable", hint="such as MY_KEY")
    if "@" in urlsplit(written.strip()).netloc:
        raise ConfigurationError(
            "the base URL holds a user name or password, which dfer does not send",
            hint="a key goes into an environment variable: --key-env",
        )
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ConfigurationError(
            f"{name!r} cannot name an endpoint", hint="letters, digits, '.', '_' and '-', at most 64"
        )
    if known is None and address == OPENAI:
        known = PROVIDERS["openai"]
    asked_for = written == from_environment or from_environment.rstrip("/") == address
    key: str | None = DUMMY_KEY
    source = "no key"
    if key_env:
        key, source = _read_key(key_env), key_env
    elif known and known.key_env and address == known.base_url:
        key, source = _read_key(known.key_env), known.key_env
    elif asked_for and (from_openai := _read_key("OPENAI_API_KEY")):
        key, source = from_openai, "OPENAI_API_KEY"
    return Endpoint(
        base_url=address,
        key=key,
        key_source=source,
        name=name or address,
        query=dict(parse_qsl(urlsplit(written.strip()).query)),
        limit_name=known.limit_name if known else "max_tokens",
    )


def _read_key(variable: str) -> str | None:
    key = os.environ.get(variable, "").strip()
    if not key.isascii() or any(character.isspace() for character in key):
        raise ConfigurationError(
            f"the key in {variable} holds characters that no key has",
            hint="was something else pasted with it? A key is one word of plain ASCII",
        )
    return key or None
