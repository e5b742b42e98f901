"""From a file that a user names to crops of one face with their times."""
