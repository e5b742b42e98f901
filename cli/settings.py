"""Defaults from `dfer.toml`, or `[tool.dfer]` in `pyproject.toml`, in the working folder.

Precedence: flag, environment variable, this file, built-in default. A key at the top holds for every command
that has such an option; a table named like a command holds for that command alone:

    db = "words.db"
    clip = "ViT-B-32"

    [train]
    data = "/data/mafw/clips.csv"
    dataset = "csv"

What is said of training holds for the commands in `_AS_FOR` too, where they have such an option and their own
table does not say otherwise.
"""

import difflib
from pathlib import Path
from typing import Any

import typer

from dfer.errors import ConfigurationError, UsageError

_AS_FOR = {"sweep": "train", "rank": "train", "refine": "train"}

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
                return _default_map(ctx, content, file)
    return {}


def defaults_from_argument(ctx: typer.Context, path: Path | None) -> Path | None:
    """The callback of an eager argument: a TOML file whose keys are the command's options.

    Flags and the environment win over it, it wins over dfer.toml.

    Raises:
        UsageError: there is no such file.
        ConfigurationError: it is no TOML, or has a key that the command does not know.
    """
    if path is None or ctx.resilient_parsing:
        return path
    if not path.is_file():
        raise UsageError(
            f"there is no file {path}", hint="a TOML file whose keys are options; sets go with -d v1,v2"
        )
    options = _options(ctx.command)
    content = _read(path)
    for key in content:
        if key not in options:
            raise _unknown(key, options, f"{path}: there is no option")
    said = {options[key].name: _as_typed(options[key], value) for key, value in content.items()}
    ctx.default_map = dict(ctx.default_map or {}) | said
    return path


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} cannot be parsed: {error}") from error


def _default_map(ctx: typer.Context, content: dict[str, Any], file: str) -> dict[str, Any]:
    """The defaults of the command that is asked for.

    All names of the file are checked, importing no more than that takes: the commands that have a table in
    it, and others until each key at its top is known to one.
    """
    commands: Any = ctx.command.commands  # type: ignore[attr-defined]
    asked = [name for name in commands if name == ctx.invoked_subcommand]
    told = [name for name in commands if isinstance(content.get(name), dict)]
    unknown = {key for key, value in content.items() if not isinstance(value, dict)}
    for name in dict.fromkeys([*asked, *told, *commands]):
        if not unknown:
            break
        unknown -= {option for options in _options_below(commands[name]) for option in options}
    for key in content:
        if key in unknown:
            known = [option for options in _options_below(ctx.command) for option in options]
            raise _unknown(key, dict.fromkeys(known), f"{file}: no command has the option")
    return _defaults_of(ctx.command, content, {}, file, only={*asked, *told})


def _defaults_of(
    command: Any, table: dict[str, Any], shared: dict[str, Any], file: str, *, only: set[str] | None = None
) -> dict[str, Any]:
    """Click's names and values for `command` and, under their names, for the commands below it, or for
    `only` some of these."""
    if not hasattr(command, "commands"):
        options = _options(command)
        said = {key: value for key, value in (shared | table).items() if key in options}
        return {options[key].name: _as_typed(options[key], value) for key, value in said.items()}
    shared = shared | {key: value for key, value in table.items() if not isinstance(value, dict)}
    below = command.commands
    defaults: dict[str, Any] = {}
    for key, inner in table.items():
        if isinstance(inner, dict) and key not in below:
            raise _unknown(key, below, f"{file}: there is no command")
    for name in below if only is None else [name for name in below if name in only]:
        sub, inner = below[name], table.get(name, {})
        inner = inner if isinstance(inner, dict) else {}
        if not hasattr(sub, "commands"):
            for key in inner:
                if key not in _options(sub):
                    raise _unknown(key, _options(sub), f"{file}, [{name}]: there is no option")
        like = table.get(_AS_FOR.get(name, ""), {})
        defaults[name] = _defaults_of(sub, inner, shared | like, file)
    return defaults


def _options_below(command: Any) -> list[dict[str, Any]]:
    if hasattr(command, "commands"):
        return [options for sub in command.commands.values() for options in _options_below(sub)]
    return [_options(command)]


def _options(command: Any) -> dict[str, Any]:
    """Click's options by their long flags, spelt with - or _."""
    found: dict[str, Any] = {}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            for flag in parameter.opts:
                if flag.startswith("--"):
                    found[flag[2:]] = found[flag[2:].replace("-", "_")] = parameter
    return found


def _as_typed(option: Any, value: Any) -> Any:
    """What one would type for it: a list with commas; a table as "key=value" texts."""
    if isinstance(value, dict):
        import json

        value = [f"{key}={json.dumps(said, ensure_ascii=False)}" for key, said in value.items()]
    if option.multiple:
        return value if isinstance(value, list) else [value]
    return ",".join(str(one) for one in value) if isinstance(value, list) else value


def _unknown(key: str, known: Any, what: str) -> ConfigurationError:
    near = difflib.get_close_matches(key, list(known), n=1)
    return ConfigurationError(f"{what} {key!r}", hint=f"did you mean {near[0]!r}?" if near else "")
