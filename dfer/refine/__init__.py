"""Refining words: the worst confusions of validation clips become questions, the answers child sets."""
