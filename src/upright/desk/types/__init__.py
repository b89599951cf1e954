"""The descriptions, one module for each app of records."""
