"""What is measured and judged: states of systems as observed, bindings and their approval, evidence, posture."""
