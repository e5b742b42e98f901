"""What is measured, and against what: pairs in one process, alternating rounds, ratios of medians."""
