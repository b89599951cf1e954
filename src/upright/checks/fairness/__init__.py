"""What group fairness compares, by the kind of outcome."""
