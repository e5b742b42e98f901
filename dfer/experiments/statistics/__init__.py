"""Statistics of paired runs. Pure functions over arrays."""
