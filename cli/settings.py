"""Defaults from `dfer.toml`, or `[tool.dfer]` in `pyproject.toml`, in the working folder.

Precedence: flag, environment variable, this file, built-in default. A key at the top holds for every command
that has such an option; a table named like a command holds for that command alone:

    db = "words.db"
    clip = "ViT-B-32"

    [train]
    data = "/data/mafw/clips.csv"
    dataset = "csv"
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any

import typer

from dfer.errors import ConfigurationError

_FILES = (("dfer.toml", ()), ("pyproject.toml", ("tool", "dfer")))


def defaults_from_files(ctx: typer.Context) -> dict[str, Any]:
    """Click's default map for the command tree.

    Raises:
        ConfigurationError: the file is no TOML, or has a key that no command knows.
    """
    for file, path in _FILES:
        if Path(file).is_file():
            content = _read(Path(file))
            for part in path:
                content = content.get(part, {})
            if content:
                return _default_map(ctx, content, file)
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} cannot be parsed: {error}") from error


def _default_map(ctx: typer.Context, content: dict[str, Any], file: str) -> dict[str, Any]:
    options = _options(ctx.command)
    shared = {_name(k): v for k, v in content.items() if not isinstance(v, dict)}
    tables = {k: {_name(key): v for key, v in t.items()} for k, t in content.items() if isinstance(t, dict)}
    known = {name for names in options.values() for name in names}
    for key in shared:
        if key not in known:
            raise _unknown(key, known, f"{file}: no command has the option")
    for table, values in tables.items():
        if table not in options:
            raise _unknown(table, options.keys(), f"{file}: there is no command")
        for key in values:
            if key not in options[table]:
                raise _unknown(key, options[table], f"{file}, [{table}]: there is no option")
    defaults: dict[str, Any] = {}
    for command, names in options.items():
        values = {k: v for k, v in (shared | tables.get(command, {})).items() if k in names}
        place = defaults
        *groups, last = command.split(".")
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = place.get(last, {}) | values
    return defaults


def _options(command: Any, prefix: str = "") -> dict[str, set[str]]:
    """`train` → its options; `sets.show` → its options; and so on down the tree."""
    found: dict[str, set[str]] = {}
    for name, sub in command.commands.items():
        path = f"{prefix}{name}"
        if hasattr(sub, "commands"):
            found |= _options(sub, f"{path}.")
        else:
            found[path] = {p.name for p in sub.params if p.param_type_name == "option"}
    return found


def _name(key: str) -> str:
    return key.replace("-", "_")


def _unknown(key: str, known: Any, what: str) -> ConfigurationError:
    near = difflib.get_close_matches(key, list(known), n=1)
    return ConfigurationError(f"{what} {key!r}", hint=f"did you mean {near[0]!r}?" if near else "")
