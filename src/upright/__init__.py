"""Upright: an AI management system that measures, decides and proves."""

__version__ = "0.1.0"
