"""What people call a prompt: NAME, FILE, or pt1:HASH of one in the store."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfer.describe.templates import PromptTemplate

HELP = "A prompt's name (dfer prompts list), a template file, or pt1: and 4+ digits of a stored one's hash."


def resolve_prompt(reference: str, db: Path) -> "PromptTemplate":
    """The prompt that is meant. The store is opened only for `pt1:…`.

    Raises:
        UsageError: there is no such built-in prompt or file.
        ContentError: the text is no template that dfer can use.
        StoreError: there is no store, or (UnknownName) no such prompt in it.
    """
    from dfer.describe.templates import load_template, parse_template

    if not reference.startswith("pt1:"):
        return load_template(reference)
    from description_store.database import open_to_look
    from description_store.prompts import find_prompt

    with open_to_look(db) as store:
        stored = find_prompt(store, reference)
    return parse_template(name=stored.name, text=stored.text)


def complete_prompt(incomplete: str) -> list[str]:
    from dfer.describe.templates import built_in_names

    return [name for name in built_in_names() if name.startswith(incomplete)]
