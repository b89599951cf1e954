"""Commands of ``upright manage``."""
