"""One place where what went wrong becomes a message and an exit code."""

import os
import sqlite3
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from description_store.errors import DamagedFile, StoreError, UnknownName
from dfer.describe.asking.secrets import scrub
from dfer.errors import ConfigurationError, ContentError, DferError, UsageError

from . import output


class CommandGroup(TyperGroup):
    """Runs a command and turns foreseen errors into one clear message; DFER_DEBUG=1 shows the traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except DferError as error:
            code, message, hint = error.exit_code, error.message, error.hint
            cause: Exception = error
        except UnknownName as error:
            code, message, hint, cause = UsageError.exit_code, error.message, error.hint, error
        except DamagedFile as error:
            code, message, hint, cause = ContentError.exit_code, error.message, error.hint, error
        except StoreError as error:
            code, message, hint, cause = ConfigurationError.exit_code, error.message, error.hint, error
        except KeyboardInterrupt:
            output.fail(
                "interrupted",
                "what was answered, packed or finished is kept; the same command does the rest (a training "
                "with --resume)",
            )
            raise typer.Exit(130) from None
        except sqlite3.Error as error:
            code, message, cause = 1, f"the description store failed: {error}", error
            hint = "is the disk full, or the file locked by another program? What was saved before is kept"
        except BrokenPipeError:
            raise  # the reader of our output went away (`dfer … | head`): click ends quietly
        except OSError as error:
            code, message, hint, cause = 1, str(error), "", error
        except Exception as error:
            if type(error).__module__.startswith("typer"):
                raise  # usage errors, exits and aborts: typer handles its own
            code, message, cause = 1, f"unexpected {type(error).__name__}: {error}", error
            hint = "this is a fault of dfer; DFER_DEBUG=1 shows where, please report it"
        if os.environ.get("DFER_DEBUG") == "1":
            trace = "".join(traceback.format_exception(cause))
            typer.echo(output.safe(scrub(trace)), err=True)
        output.fail(message, hint)
        raise typer.Exit(code)
