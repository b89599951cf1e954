"""A client of the server's API, for programs; no web framework, no third-party HTTP library."""

from upright.sdk.client import Client, Item, Step
from upright.sdk.errors import ProblemError, SdkError

__all__ = ["Client", "Item", "ProblemError", "SdkError", "Step"]
