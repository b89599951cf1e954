"""Links to the left: a reference in a text column, held to name a record when it is written."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from upright.kernel import Ref, RefError
from upright.records.trail.record import find

if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField


class RefField(_TextField):
    """A ``Ref`` to a record of an app that may not be imported here; ``types`` says which types of reference."""

    def __init__(self, *args: Any, types: tuple[str, ...] = (), **more: Any) -> None:
        self.types = types
        more.setdefault("max_length", 300)
        super().__init__(*args, **more)

    def deconstruct(self) -> Any:
        """As Django's migrations need it."""
        name, path, args, more = super().deconstruct()
        return name, path, args, {**more, "types": self.types}

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """As a text, and as the reference of a record that is there.

        Raises:
            ValidationError: it is not.
        """
        super().validate(value, model_instance)
        if not value:
            return
        try:
            ref = Ref.parse(str(value))
        except RefError as why:
            raise ValidationError(why.message, code="UP-FIELD-01") from None
        if self.types and ref.type not in self.types:
            raise ValidationError(f"{value} is a {ref.type}; expected a {' or '.join(self.types)}.", code="UP-FIELD-02")
        if find(ref) is None:
            raise ValidationError(f"{value} names no record here.", code="UP-FIELD-03")
