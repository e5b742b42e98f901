"""What a server offers: `GET /models`, which servers fill in their own ways."""

import asyncio
import difflib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dfer.describe.asking.completion import beginning
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import NOT_YOURS, understand
from dfer.describe.asking.secrets import scrub
from dfer.describe.asking.transport import connect
from dfer.errors import ProviderError


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerModel:
    """`shutdown_date` as the server gives it: after it the model cannot be asked any more."""

    name: str
    owner: str | None = None
    created: str | None = None
    shutdown_date: str | None = None


def list_models(endpoint: Endpoint, *, timeout: float = 20.0) -> tuple[ServerModel, ...]:
    """The models that the server says it offers, by name.

    Raises:
        ConfigurationError, ProviderError: as `understand` sorts what went wrong; a list that is none.
    """
    key = endpoint.require_key()
    try:
        body = asyncio.run(_fetch(endpoint, key, timeout))
    except Exception as error:
        raise understand(error, endpoint=endpoint, timeout=timeout).as_error() from None
    try:
        content = json.loads(body)
        # OpenAI and most servers say `data`, some `models`, and one or the other just sends the list.
        rows = content if isinstance(content, list) else content.get("data", content.get("models"))
        models = [_model(row) for row in rows]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ProviderError(
            f"{endpoint.base_url}/models does not list models; it begins {beginning(body)}",
            hint="the server may still answer questions: name the model as its documentation does",
        ) from error
    return tuple(sorted(models, key=lambda model: model.name))


def suggestion(models: tuple[ServerModel, ...], wanted: str) -> str:
    """What to tell someone whose model was not found: its shutdown, or the nearest names on offer."""
    by_name = {model.name.casefold(): model for model in models}
    if same := by_name.get(wanted.casefold()):
        if same.shutdown_date:
            return f"the server lists {same.name} with the shutdown date {same.shutdown_date}"
        return f"the server lists {same.name}: spell it so; your account may not be allowed to use it"
    near = difflib.get_close_matches(wanted.casefold(), by_name, n=4, cutoff=0.5)
    if near:
        names = ", ".join(_shown(by_name[name]) for name in near)
        return f"the nearest that the server offers: {names}; {NOT_YOURS}"
    if models:
        names = ", ".join(_shown(model) for model in models[:4])
        return f"the server offers {names}; `dfer models` lists all; {NOT_YOURS}"
    return ""


def _shown(model: ServerModel) -> str:
    return f"{model.name} (until {model.shutdown_date})" if model.shutdown_date else model.name


async def _fetch(endpoint: Endpoint, key: str, timeout: float) -> str:
    async with connect(endpoint, key) as client, asyncio.timeout(timeout):
        response = await client.models.with_raw_response.list(timeout=timeout)
    return scrub(response.content.decode("utf-8", "backslashreplace"), endpoint.secrets)


def _model(row: Any) -> ServerModel:
    if isinstance(row, str):
        return ServerModel(name=row)
    owner = row.get("owned_by")
    return ServerModel(
        name=str(row.get("id") or row["name"]),
        owner=owner if isinstance(owner, str) else None,
        created=_date(row.get("created")),
        shutdown_date=_date(row.get("shutdown_date")),
    )


def _date(value: Any) -> str | None:
    """Servers write dates as seconds or as text; what is neither is unknown."""
    if isinstance(value, str):
        return value
    try:
        return datetime.fromtimestamp(value, UTC).date().isoformat() if value else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
