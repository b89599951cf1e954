"""What happens while AI systems are built, released, used, watched and retired, and what people say about them."""
