"""Queries that are put together once: to build one costs several times what a small one takes to run.

Its values of the moment (who asks, the day) are put into the text that was made with others in their places.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

_MOST = 128
Build = Callable[[], QuerySet[Any, Any] | None]
Row = tuple[Any, ...]
Object = TypeVar("Object", bound=Model)


class _Text(NamedTuple):
    sql: str
    params: Row
    converters: Mapping[int, tuple[list[Callable[..., Any]], Any]]


class _Once:
    """A key with the way to make what is kept under it, which is no part of it."""

    def __init__(self, key: Hashable, build: Build) -> None:
        self.key, self.build = key, build

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def raw_rows(key: Hashable, build: Build, put: Mapping[Any, Any] | None = None) -> list[Row]:
    """The rows of a query as the database gives them; ``build`` is asked once for each key and kind of database.

    Args:
        key: names the query, and holds every value that it was built with.
        build: makes the query, of values; None or one that cannot have rows gives none.
        put: values that it was built with, and those to ask with now, both as the database takes them.
    """
    found = _text(_Once((key, connection.vendor), build))
    return [] if found is None else _asked(found, put)


def rows(key: Hashable, build: Build, put: Mapping[Any, Any] | None = None) -> list[Row]:
    """The same as ``values_list`` gives them: UUIDs, days and moments, not what stands for them in the database."""
    found = _text(_Once((key, connection.vendor), build))
    return [] if found is None else [_converted(row, found) for row in _asked(found, put)]


def objects(model: type[Object], key: Hashable, build: Build, put: Mapping[Any, Any] | None = None) -> list[Object]:
    """The same as objects of the model; what the query annotates is theirs too, as the database gives it."""
    found = _text(_Once((key, connection.vendor), build))
    return [] if found is None else list(model._base_manager.raw(found.sql, _params(found, put)))


def _asked(text: _Text, put: Mapping[Any, Any] | None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(text.sql, _params(text, put))
        return [tuple(row) for row in cursor.fetchall()]


def _params(text: _Text, put: Mapping[Any, Any] | None) -> Row:
    if not put:
        return text.params
    return tuple(put.get(one, one) if isinstance(one, Hashable) else one for one in text.params)


def _converted(row: Row, text: _Text) -> Row:
    values = list(row)
    for place, (converters, expression) in text.converters.items():
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    return tuple(values)


@lru_cache(maxsize=_MOST)
def _text(once: _Once) -> _Text | None:
    made, once.build = once.build(), _nothing
    if made is None:
        return None
    compiler = made.query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    selected = [one[0] for one in (compiler.select or ())[: compiler.col_count]]
    return _Text(sql, tuple(params), compiler.get_converters(selected))


def _nothing() -> None:
    """What a kept key holds in place of its builder, which may hold a whole request."""
