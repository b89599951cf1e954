"""The trail: the one write door, the ledger in the database, and what proves that rows are what was entered."""
