"""The API at ``/api/v1/``: every described type listed, read, written and moved; made from the descriptions."""
