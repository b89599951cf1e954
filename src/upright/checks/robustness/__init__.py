"""How far an input must move to flip a decision, and what everyday damage to it does."""
