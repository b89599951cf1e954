"""What a model runs on: lists of packages read, held against records of known vulnerabilities, and written down."""
