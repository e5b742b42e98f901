"""Errors for people. Each says what happened and what to do; `exit_code` is what the command ends with."""


class DferError(Exception):
    """Something that dfer foresaw: `message` says what happened and where, `hint` what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DferError):
    """A name or option that means nothing here: an unknown class set, recipe, prompt or setting."""

    exit_code = 2


class ConfigurationError(DferError):
    """Credentials, addresses, model names, files that must be set up before the command can work."""

    exit_code = 3


class ProviderError(DferError):
    """The LLM server or the network failed; what arrived is stored and a rerun asks only for the rest."""

    exit_code = 4


class ContentError(DferError):
    """Content that must not be used: unparsable answers, over the token budget, wrong classes, bad data."""

    exit_code = 5
