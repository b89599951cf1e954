"""The client's tests call a real server on loopback."""

from datetime import timedelta
from typing import Any

import pytest

from records.conftest import meridian_committed, server_home

__all__ = ["meridian_committed", "served", "server_home", "token_of"]


@pytest.fixture
def token_of(meridian_committed: Any) -> Any:
    """Issues a token of a person."""
    from records.organisation import actor_of
    from upright.records.identity.token_actions import issue_token
    from upright.records.trail.server_log import now

    def issue(person: Any, **scope: Any) -> str:
        end = now() + timedelta(days=1)
        return issue_token(person, name="SDK", expires_at=end, actor=actor_of(person), **scope)[1]

    return issue


@pytest.fixture
def served(meridian_committed: Any, live_server: Any, token_of: Any) -> Any:
    """A client of the owner's."""
    from upright.sdk import Client

    return Client(live_server.url, token_of(meridian_committed.owner), pause=lambda _seconds: None)
