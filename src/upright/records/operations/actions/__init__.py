"""Verbs of operations, by what they are about; each asks for its right itself."""
