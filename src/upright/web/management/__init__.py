"""What an operator does with identity from a shell of the server."""
