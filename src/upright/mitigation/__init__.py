"""Accuracy against fairness: thresholds and weights, and what each choice costs whom."""
