"""One place where what went wrong becomes a message and an exit code."""

import os
from typing import Any

import typer
from typer.core import TyperGroup

from . import output


class CommandGroup(TyperGroup):
    """Runs a command and turns foreseen errors into one clear message; DFER_DEBUG=1 shows the traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            output.fail(
                "interrupted",
                "what was answered, packed or finished is kept; the same command does the rest (a training "
                "with --resume)",
            )
            raise typer.Exit(130) from None
        except BrokenPipeError:
            raise  # the reader of our output went away (`dfer … | head`): click ends quietly
        except Exception as error:
            if type(error).__module__.startswith("typer"):
                raise  # usage errors, exits and aborts: typer handles its own
            cause = error
        code, message, hint = _told(cause)
        if os.environ.get("DFER_DEBUG") == "1":
            _show_traceback(cause)
        output.fail(message, hint)
        raise typer.Exit(code)


def _told(error: Exception) -> tuple[int, str, str]:
    """Exit code, message and hint."""
    import sqlite3

    from description_store.errors import DamagedFile, StoreError, UnknownName
    from dfer.errors import ConfigurationError, ContentError, DferError, UsageError

    match error:
        case DferError():
            return error.exit_code, error.message, error.hint
        case UnknownName():
            return UsageError.exit_code, error.message, error.hint
        case DamagedFile():
            return ContentError.exit_code, error.message, error.hint
        case StoreError():
            return ConfigurationError.exit_code, error.message, error.hint
        case sqlite3.Error():
            hint = "is the disk full, or the file locked by another program? What was saved before is kept"
            return 1, f"the description store failed: {error}", hint
        case OSError():
            return 1, str(error), ""
    hint = "this is a fault of dfer; DFER_DEBUG=1 shows where, please report it"
    return 1, f"unexpected {type(error).__name__}: {error}", hint


def _show_traceback(error: Exception) -> None:
    import traceback

    from dfer.describe.asking.secrets import scrub

    typer.echo(output.safe(scrub("".join(traceback.format_exception(error)))), err=True)
