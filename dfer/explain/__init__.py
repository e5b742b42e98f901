"""What each descriptor did for a clip's scores, and a page that shows it."""
