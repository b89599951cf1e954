"""What a model's decisions rest on, over all rows and for one, and how far such an explanation can be trusted."""
