"""A comparison on paper: the HTML report, figures, LaTeX and CSV."""
