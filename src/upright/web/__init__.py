"""The door for people: pages in a plain browser, in the look of the design system; they translate, nothing else."""
