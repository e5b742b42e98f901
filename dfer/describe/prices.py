"""What answers cost. The store keeps tokens; money is worked out when it is read, from a file of the user's.

Prices change and differ between providers of the same model, so that a stored amount would soon be wrong and
could not be put right. A price file says when its prices were read:

    currency = "USD"
    date = 2026-11-01
    [models."gpt-4"]
    input = 30.0     # per million tokens
    output = 60.0

What is not known is None, never 0: a model of one's own costs 0 when the file says so.
"""

import datetime
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dfer.errors import ConfigurationError

_PER = 1_000_000

# What a server puts around each message: OpenAI counts 3 tokens and 3 more to begin its answer, the templates
# of ChatML and Llama 3 take up to 8 and 4. A system prompt of the server's own is not foreseen.
_MARKUP_TOKENS = 16

_SHOWN_DIGITS = 3
_LEAST_SHOWN = Decimal("0.000001")

# The ceiling leaves room for every currency, and keeps a slip like 1e400 out of sums and tables.
Price = Annotated[Decimal, Field(ge=0, le=10**12, allow_inf_nan=False)]


class ModelPrice(BaseModel):
    """Per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Price
    output: Price


class Prices(BaseModel):
    """A price file: what each model costs, in one currency, as of one day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
    date: datetime.date
    models: dict[str, ModelPrice]

    def cost(self, model: str, input_tokens: int | None, output_tokens: int | None) -> Decimal | None:
        """None when the file does not name `model`, or when a server did not say how many tokens it took."""
        price = self.models.get(model)
        if price is None or input_tokens is None or output_tokens is None:
            return None
        return (price.input * input_tokens + price.output * output_tokens) / _PER

    def describe(self, amount: Decimal | None) -> str:
        """`0.0123 USD (prices of 2026-11-01)`, or `unknown`."""
        if amount is None:
            return "unknown"
        return f"{_readable(amount)} {self.currency} (prices of {self.date})"


def load_prices(path: Path) -> Prices:
    """Read a price file. Raises ConfigurationError when it is missing, no TOML, or holds something else."""
    try:
        # As it is written, so that 0.15 becomes the Decimal 0.15 and not the float.
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the price file {path}: {error.strerror}",
            hint='write one: currency = "USD", date = 2026-11-01, and for each model a table '
            '[models."gpt-4"] with input and output, the prices per million tokens',
        ) from error
    except ValueError as error:  # TOML and UTF-8 errors are both ValueErrors
        raise ConfigurationError(
            f"price file {path} cannot be parsed: {error}",
            hint='it is TOML: text in quotes, also a model\'s name: [models."gpt-4"]',
        ) from error
    try:
        return Prices.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"price file {path}: {where}: {first['msg']}",
            hint="it holds currency, date (2026-11-01) and, for each model, input and output as numbers; "
            'a name with a dot needs quotes: [models."gpt-4.1"]',
        ) from error


def input_token_bound(messages: Sequence[Mapping[str, str]]) -> int:
    """No byte-level tokenizer makes more tokens of a request with these messages.

    Each of its tokens stands for at least one byte of UTF-8; in English, for about four.
    """
    written = sum(
        len(part.encode(errors="surrogatepass")) for message in messages for part in message.values()
    )
    return written + _MARKUP_TOKENS * len(messages)


def _readable(amount: Decimal) -> str:
    """Two decimals, or as many as show three digits of a small amount."""
    if 0 < amount < _LEAST_SHOWN:
        return f"less than {_LEAST_SHOWN:f}"
    decimals = max(2, _SHOWN_DIGITS - 1 - amount.adjusted()) if amount else 2
    whole, _, fraction = f"{abs(amount):.{decimals}f}".partition(".")
    return f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"
