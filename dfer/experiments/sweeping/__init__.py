"""A grid of runs: its cells, what is done of them, and doing the rest."""
