"""What the checks of language models share: asking a hosted model within a budget, probes, and how replies are read."""
