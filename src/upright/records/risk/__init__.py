"""Risks of AI systems: assessed, treated, what remains accepted by who may."""
