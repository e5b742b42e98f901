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
                if not isinstance(content, dict):
                    raise ConfigurationError(f"{file}: expected a table [{'.'.join(path)}]")
            if content:
                return _default_map(ctx.command, content, file)
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} cannot be parsed: {error}") from error


def _default_map(command: Any, content: dict[str, Any], file: str) -> dict[str, Any]:
    known = {option for options in _options_below(command) for option in options}
    for key, value in content.items():
        if not isinstance(value, dict) and key not in known:
            raise _unknown(key, known, f"{file}: no command has the option")
    return _defaults_of(command, content, {}, file)


def _defaults_of(command: Any, table: dict[str, Any], shared: dict[str, Any], file: str) -> dict[str, Any]:
    """Click's names and values for `command` and, under their names, for the commands below it."""
    shared = shared | {key: value for key, value in table.items() if not isinstance(value, dict)}
    if not hasattr(command, "commands"):
        names = _options(command)
        return {names[key]: value for key, value in shared.items() if key in names}
    below = command.commands
    defaults: dict[str, Any] = {}
    for key, inner in table.items():
        if isinstance(inner, dict) and key not in below:
            raise _unknown(key, below, f"{file}: there is no command")
    for name, sub in below.items():
        inner = table.get(name, {})
        inner = inner if isinstance(inner, dict) else {}
        if not hasattr(sub, "commands"):
            for key in inner:
                if key not in _options(sub):
                    raise _unknown(key, _options(sub), f"{file}, [{name}]: there is no option")
        defaults[name] = _defaults_of(sub, inner, shared, file)
    return defaults


def _options_below(command: Any) -> list[dict[str, str]]:
    if hasattr(command, "commands"):
        return [options for sub in command.commands.values() for options in _options_below(sub)]
    return [_options(command)]


def _options(command: Any) -> dict[str, str]:
    """The long flags of a command, spelt with - or _, and the names that click gives them."""
    found: dict[str, str] = {}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            for flag in parameter.opts:
                if flag.startswith("--"):
                    found[flag[2:]] = found[flag[2:].replace("-", "_")] = parameter.name
    return found


def _unknown(key: str, known: Any, what: str) -> ConfigurationError:
    near = difflib.get_close_matches(key, list(known), n=1)
    return ConfigurationError(f"{what} {key!r}", hint=f"did you mean {near[0]!r}?" if near else "")
