"""Make, version, check and compare the words that CLIP-like models use to recognise emotions in video."""

__version__ = "0.1.0"
