"""The command line: one file per noun. Parses, calls the library, prints."""
