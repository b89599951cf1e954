"""What there is: AI systems, models, data sets, suppliers, customers, resources, and how they hang together."""
