"""Which server is asked, and with which key.

The OpenAI key is never sent to another host unless the user asked for it, by `--key-env` or by setting
OPENAI_BASE_URL. The key itself is never stored, logged or shown.
"""

import os
from dataclasses import dataclass, field

from dfer.describe.asking.request import normalised_endpoint
from dfer.errors import ConfigurationError

OPENAI = "https://api.openai.com/v1"
# Local servers want some key, and the SDK insists on one.
DUMMY_KEY = "not-needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """`key_source` names where the key came from, for messages; the key stays out of every repr."""

    base_url: str
    key: str | None = field(repr=False)
    key_source: str

    def require_key(self) -> str:
        if self.key is None:
            raise ConfigurationError(
                f"no API key: {self.key_source} is not set",
                hint="export it, or name a local server with --base-url, or use --model builtin/facs",
            )
        return self.key


def choose_endpoint(*, base_url: str | None, key_env: str | None) -> Endpoint:
    """The endpoint for these options and the environment (OPENAI_BASE_URL, OPENAI_API_KEY).

    A missing key is no error yet: where every answer is cached, none is needed.

    Raises:
        ConfigurationError: the address is none, or the key cannot be a key.
    """
    from_environment = os.environ.get("OPENAI_BASE_URL", "").strip()
    address = normalised_endpoint(base_url or from_environment or OPENAI)
    if key_env:
        return Endpoint(base_url=address, key=_read_key(key_env), key_source=key_env)
    asked_for = bool(from_environment) and normalised_endpoint(from_environment) == address
    if address == OPENAI:
        return Endpoint(base_url=address, key=_read_key("OPENAI_API_KEY"), key_source="OPENAI_API_KEY")
    if asked_for and (key := _read_key("OPENAI_API_KEY")):
        return Endpoint(base_url=address, key=key, key_source="OPENAI_API_KEY")
    return Endpoint(base_url=address, key=DUMMY_KEY, key_source="no key")


def _read_key(variable: str) -> str | None:
    key = os.environ.get(variable, "").strip()
    if not key.isascii() or any(character.isspace() for character in key):
        raise ConfigurationError(
            f"the key in {variable} holds characters that no key has",
            hint="was something else pasted with it? A key is one word of plain ASCII",
        )
    return key or None
