"""Measures: a summary that merges (an Ibis expression), and estimates with intervals made of it (NumPy only)."""
