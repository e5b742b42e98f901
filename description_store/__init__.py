"""Everything that persists: answers, parses, description sets and runs, in one SQLite file."""
