"""What an organisation decides and does, as records in a database: one Django app for each part of the system.

Apps point to the right only: operations > assurance > risk > governance > inventory > identity > trail. A link to the
left is a ``Ref`` that the registry of record types checks. Everything is written through ``trail.door``.
"""
