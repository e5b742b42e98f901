"""What a library said of a file, short enough for a line of a report."""


def in_a_line(error: Exception) -> str:
    """The first line, without the path that PyAV and the system add."""
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0] if text else type(error).__name__
