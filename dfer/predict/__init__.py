"""Recognising what a user brings: from a stored run, or from words alone, to the scores of clips."""
