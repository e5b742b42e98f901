"""What the store can refuse, in words for people. It has no exit codes: the command line decides those."""


class StoreError(Exception):
    """The store cannot be opened or does not allow this."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnknownName(StoreError):
    """No description set, alias, answer or run of this name, or several that it could mean."""


class DamagedFile(StoreError):
    """A file that was to be imported is not what was exported: its content must not be used."""
