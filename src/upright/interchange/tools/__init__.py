"""One file for each format that is taken in."""
