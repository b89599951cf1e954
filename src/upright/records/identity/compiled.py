"""A query over many types is put together once: building one of sixty parts costs ten times what it takes to run.

What may differ from one request to the next (who asks and with which powers, the day, the record that is asked about)
is either in the key, or a value that is put in its place.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.db.models import QuerySet

from upright.records.identity.power import Powers
from upright.records.trail.prepared import raw_rows


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
    return raw_rows((key, _signature(powers)), build, put)


def _signature(powers: Powers) -> Hashable:
    held, lent = frozenset(powers.held.items()), frozenset(powers.lent.items())
    return (powers.is_active, held, lent, frozenset(powers.above.items()), powers.scope, powers.root)
