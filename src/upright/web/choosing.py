"""How a link is chosen on a page: from a list, or where that would be long, by typing a reference."""

from django.forms import TextInput

from upright.desk.fields import RecordChoiceField

MOST_CHOICES = 200


def settle(field: RecordChoiceField) -> None:
    """Reads the choices once, when the field is first shown: a form that is only written through needs none."""
    if field.is_settled or field.queryset is None:
        return
    field.is_settled = True
    found = list(field.queryset[: MOST_CHOICES + 1])
    if len(found) > MOST_CHOICES:
        field.widget = TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    else:
        empty = [("", field.empty_label)] if field.empty_label is not None else []
        field.widget.choices = [*empty, *((one.ref, field.label_from_instance(one)) for one in found)]
