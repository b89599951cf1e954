"""A query over many types is put together once: building one of sixty parts costs ten times what it takes to run.

What may differ from one request to the next (who asks and with which powers, the day, the record that is asked about)
is either in the key, or a value that is put in its place.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from upright.records.identity.power import Powers

_MOST = 128
_Text = tuple[str, tuple[Any, ...]]


def rows_of(
    key: Hashable, powers: Powers, build: Callable[[], QuerySet[Any, Any] | None], put: Mapping[Any, Any] | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a query as the database gives them; ``build`` is asked once for each key, powers and database.

    Args:
        key: names the query, and holds every value that it was built with.
        powers: what of whom it was built for.
        build: makes the query; None or one that cannot have rows gives none.
        put: values that it was built with, and those to ask with now, both as the database takes them.
    """
    found = _text(_Once((key, _signature(powers), connection.vendor), build))
    if found is None:
        return []
    sql, params = found
    if put:
        params = tuple(put.get(one, one) if isinstance(one, Hashable) else one for one in params)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [tuple(row) for row in cursor.fetchall()]


class _Once:
    """A key with the way to make what is kept under it, which is no part of it."""

    def __init__(self, key: Hashable, build: Callable[[], QuerySet[Any, Any] | None]) -> None:
        self.key, self.build = key, build

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=_MOST)
def _text(once: _Once) -> _Text | None:
    made, once.build = once.build(), _nothing
    if made is None:
        return None
    try:
        sql, params = made.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(params)


def _nothing() -> None:
    """What a kept key holds in place of its builder, which may hold a whole request."""


def _signature(powers: Powers) -> Hashable:
    held, lent = frozenset(powers.held.items()), frozenset(powers.lent.items())
    return (powers.is_active, held, lent, frozenset(powers.above.items()), powers.scope, powers.root)
