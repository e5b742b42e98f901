"""`dfer-tiny`: the CLIP that comes with the package. What it is and is not: CARD.md beside this file."""
