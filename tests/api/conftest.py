"""What the tests of the API share: the organisation of the records' tests, and programs that call with tokens."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from records.conftest import meridian, meridian_committed, server_home

__all__ = ["issued", "lead", "meridian", "meridian_committed", "owner", "server_home"]


@pytest.fixture
def issued(server_home: object) -> Callable[..., object]:
    """Issues a token of a person and gives the program that calls with it."""
    from api.program import Program
    from records.organisation import actor_of
    from upright.records.identity.token_actions import issue_token
    from upright.records.trail.server_log import now

    def issue(person: object, **scope: object) -> Program:
        token, text = issue_token(
            person, name="Tests", expires_at=now() + timedelta(days=1), actor=actor_of(person), **scope
        )
        return Program(text, token)

    return issue


@pytest.fixture
def lead(meridian: object, issued: Callable[..., object]) -> object:
    return issued(meridian.lead)


@pytest.fixture
def owner(meridian: object, issued: Callable[..., object]) -> object:
    return issued(meridian.owner)
