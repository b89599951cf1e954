"""Signs that training data or a model were tampered with."""
