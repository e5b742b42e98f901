"""`dfer models`: what a server offers."""

from . import output
from .asking_options import BaseUrl, KeyEnv, Provider
from .options import Json


def models(
    provider: Provider = None, base_url: BaseUrl = None, key_env: KeyEnv = None, json: Json = False
) -> None:
    """The models that the server offers, with the date until which, where it says so."""
    from dfer.describe.asking.endpoint import choose_endpoint
    from dfer.describe.asking.models import list_models

    endpoint = choose_endpoint(provider=provider, base_url=base_url, key_env=key_env)
    found = list_models(endpoint)
    if json:
        output.print_json(
            {
                "endpoint": endpoint.base_url,
                "models": [
                    {
                        "name": model.name,
                        "owner": model.owner,
                        "created": model.created,
                        "shutdown_date": model.shutdown_date,
                    }
                    for model in found
                ],
            }
        )
        return
    output.print_table(
        ["model", "owner", "created", "until"],
        [[m.name, m.owner or "", m.created or "", m.shutdown_date or ""] for m in found],
    )
    output.note(f"{output.count_of(len(found), 'model')} at {endpoint.base_url}")
