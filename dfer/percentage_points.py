"""Fractions as people read them."""


def points(fraction: float, *, signed: bool = False) -> str:
    """Percentage points with two digits and a real minus sign; zero has no sign."""
    rounded = round(100 * fraction, 2) + 0.0  # −0.0 + 0.0 is 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.2f}".replace("-", "−")
