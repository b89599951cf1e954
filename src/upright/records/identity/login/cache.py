"""The cache that counts log-in attempts: a table, which several workers share, of JSON, which nothing unpickles.

Django's own database cache pickles what it keeps, and who can write a table could then run code.
"""

import json
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction


class TableCache(BaseCache):
    """Small JSON values by key, until they expire."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, if it has not expired."""
        row = self._rows().filter(key=self._key(key, version), expires__gt=time.time()).first()
        return default if row is None else json.loads(row.value)

    def set(
        self, key: str, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keeps a value; what has expired goes."""
        rows = self._rows()
        rows.filter(expires__lte=time.time()).delete()
        given = {"value": json.dumps(value), "expires": self._until(timeout)}
        rows.update_or_create(key=self._key(key, version), defaults=given)

    def add(
        self, key: str, value: Any, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keeps a value unless there is one; of several workers that try, one is told True."""
        rows, own = self._rows(), self._key(key, version)
        rows.filter(key=own, expires__lte=time.time()).delete()
        try:
            with transaction.atomic():
                rows.create(key=own, value=json.dumps(value), expires=self._until(timeout))
        except IntegrityError:
            return False
        return True

    def touch(self, key: str, timeout: float | object | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keeps what is there for longer."""
        found = self._rows().filter(key=self._key(key, version), expires__gt=time.time())
        return bool(found.update(expires=self._until(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forgets a value."""
        return bool(self._rows().filter(key=self._key(key, version)).delete()[0])

    def clear(self) -> None:
        """Forgets everything."""
        self._rows().all().delete()

    def _rows(self) -> Any:
        from upright.records.identity.models import CachedValue

        return CachedValue.objects

    def _key(self, key: str, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)

    def _until(self, timeout: float | object | None) -> float:
        until = self.get_backend_timeout(timeout)  # type: ignore[arg-type]  # Django's own marker for the default
        return float("inf") if until is None else float(until)
