"""Tags of the pages: icons, status signs, dates, the widget of a field."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, ChoiceField, Select, Textarea, TextInput
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import SimpleLazyObject
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext

from upright.desk.fields import RecordChoiceField
from upright.desk.values import Shown, day
from upright.desk.values import sentence as begun
from upright.kernel import parse_time, time_text
from upright.records.governance.data import KindDataFormField
from upright.records.trail.server_log import now
from upright.web import naming, sentences
from upright.web.choosing import settle
from upright.web.kinds import kind_inputs
from upright.web.offered import is_offered, names_records, offered
from upright.web.posture import short
from upright.web.shown_fields import is_shown_fields, shown_inputs
from upright.web.values import anchor, in_words, period, value_html

register = template.Library()
_CODED = re.compile(r"( \[UP-[A-Z]+-\d+\] ?)")

_WORDS = {
    "met": ("s-met", gettext_noop("Met")),
    "passed": ("s-met", gettext_noop("Passed")),
    "allow": ("s-met", gettext_noop("Allow")),
    "partly": ("s-partly", gettext_noop("Partly")),
    "failing": ("s-failing", gettext_noop("Failing")),
    "failed": ("s-failing", gettext_noop("Failed")),
    "deny": ("s-failing", gettext_noop("Deny")),
    "stale": ("s-stale", gettext_noop("Stale")),
    "unknown": ("s-unknown", gettext_noop("Unknown")),
    "undecided": ("s-unknown", gettext_noop("Undecided")),
    "errored": ("s-errored", gettext_noop("Errored")),
    "not_applicable": ("s-na", gettext_noop("Not applicable")),
}

_SIGNED = {"passed": "met", "failed": "failing", "undecided": "unknown", "allow": "met", "deny": "failing"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing that says nothing by itself; the words beside it do."""
    return _drawn(name, settings.STATIC_URL)


@lru_cache(maxsize=256)
def _drawn(name: str, _served_from: str) -> SafeString:
    """Made once for each drawing and address: a page has dozens, and an address is looked up among all files."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("upright/icons.svg"), name
    )


@register.simple_tag
def status(name: str, word: str = "") -> SafeString:
    """Sign and word of a status; one that is not known reads as unknown, never as green."""
    sign, usual = _WORDS.get(name, _WORDS["unknown"])
    return format_html('<span class="status" data-status="{}">{}{}</span>', name, icon(sign), gettext(word or usual))


@register.simple_tag
def sign(name: str) -> SafeString:
    """The sign of a status alone, for rows whose words stand beside it; read out as its word."""
    return _signed(name, gettext(_WORDS.get(name, _WORDS["unknown"])[1]), settings.STATIC_URL)


@lru_cache(maxsize=256)
def _signed(name: str, word: str, _served_from: str) -> SafeString:
    return format_html(
        '<svg class="icon sign" data-status="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
        _SIGNED.get(name, name),
        word,
        static("upright/icons.svg"),
        _WORDS.get(name, _WORDS["unknown"])[0],
    )


@register.simple_tag
def symbol(status: str) -> str:
    """The address of the drawing of a status, for inside another drawing."""
    return f"{static('upright/icons.svg')}#{_WORDS.get(status, _WORDS['unknown'])[0]}"


@register.filter
def said(text: object) -> str:
    """A text of ours that was made in English, in the reader's language; a name that people gave stays."""
    return sentences.said(text)


@register.filter
def problem(text: str) -> str:
    """What is wrong with a row of a file, sentence by sentence, each with its code, in the reader's language."""
    parts = _CODED.split(text)
    return "".join(sentences.said(one) if at % 2 == 0 else one for at, one in enumerate(parts))


register.filter("within", sentences.within)
register.filter("kind", sentences.kind)
register.filter("begun", begun)
register.filter("anchor", anchor)


@register.filter
def split(text: str) -> list[str]:
    """The parts between commas."""
    return text.split(",")


@register.filter
def in_short(requirement: str) -> str:
    """A requirement as it is called beside those of other frameworks."""
    return short(requirement)


@register.filter
def duration(text: str) -> str:
    """A period of ISO 8601 in words."""
    return period(text)


@register.simple_tag
def when(moment: datetime | date | str | None) -> SafeString | str:
    """A moment in the words of a reader, the exact one on hover and in print."""
    if moment is None or moment == "":
        return ""
    at = parse_time(moment) if isinstance(moment, str) else moment
    if not isinstance(at, datetime):
        return format_html('<time datetime="{}">{}, {}</time>', at.isoformat(), day(at), _far(at))
    words = (
        gettext("today %(time)s") % {"time": f"{at:%H:%M}"} if at.date() == now().date() else f"{day(at)} {at:%H:%M}"
    )
    exact = f"{day(at)}, {at:%H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', time_text(at), exact, words)


@register.filter
def dated(moment: date) -> str:
    """A day as readers write it, where it stands within a sentence."""
    return day(moment)


@register.filter
def limit(text: str) -> str:
    """A limit as a statement holds it, ``selection_rate at_most 0.1``, as a reader says it; any other as it is."""
    name, _, bound = text.partition(" ")
    words = in_words(bound)
    return f"{sentences.measure(name)}: {words}" if words != bound else text


@register.filter
def stamped(moment: datetime | None) -> str:
    """A moment where no element can carry the exact one."""
    return "" if moment is None else f"{day(moment)}, {moment:%H:%M:%S} UTC"


@register.simple_tag(name="day")
def day_of(moment: datetime) -> SafeString:
    """A day in a column of days: how far it is stands below it."""
    at = moment.date()
    return format_html('<time datetime="{}">{}</time><span class="sub">{}</span>', at.isoformat(), day(at), _far(at))


@register.simple_tag
def value(one: Shown | SafeString) -> SafeString | str:
    """A value of a record, or what was laid out already; nothing reads as "not set"."""
    if isinstance(one, SafeString):
        return one
    return value_html(one) if one.text else format_html('<span class="faint">{}</span>', gettext("not set"))


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The input of a field, in our look."""
    if isinstance(field.field, KindDataFormField):
        return kind_inputs(field)
    if is_shown_fields(field):
        return shown_inputs(field)
    attrs: dict[str, Any] = {} if isinstance(field.field.widget, CheckboxInput) else {"class": "input"}
    linked = getattr(field.field, "queryset", None)
    if is_typed(field) and linked is not None:
        attrs |= {"list": f"{field.auto_id}_choices", "placeholder": gettext("Type a name, choose its reference")}
        attrs |= {"hx-get": reverse("web:choices", args=[linked.model.ref_type])}
        attrs |= {"hx-trigger": "input changed delay:200ms", "hx-target": f"#{field.auto_id}_choices"}
        attrs |= {"hx-params": field.html_name}
    elif is_offered(field):
        attrs |= {"list": f"{field.auto_id}_choices", "autocomplete": "off", "spellcheck": "false"}
        if names_records(field):
            attrs["placeholder"] = gettext("Type a name, choose its reference")
    if isinstance(field.field.widget, Textarea):
        attrs["rows"] = 1 if field.field.widget.attrs.get("rows") == 1 else 3  # it grows with what is typed
    _say_what_empty_means(field)
    if isinstance(field.field, ChoiceField) and linked is None:
        field.field.widget.choices = [(value, sentences.said(word)) for value, word in field.field.widget.choices]
    if field.errors:
        attrs["aria-describedby"] = f"{field.auto_id}_error"
    elif field.help_text:
        attrs["aria-describedby"] = f"{field.auto_id}_helptext"
    return field.as_widget(attrs=attrs)


def _say_what_empty_means(field: BoundField) -> None:
    """A list begins with a word, not with dashes."""
    word = gettext("Choose") if field.field.required else gettext("not set")
    if isinstance(field.field.widget, Select):
        field.field.widget.choices = [(key, label if key else word) for key, label in field.field.widget.choices]


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the label stands behind the input."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag(takes_context=True)
def to_you(context: template.Context, message: str) -> SafeString:
    """A refusal or a reason as it is told to whom it concerns: records by their names, with a link."""
    organisation = SimpleLazyObject(lambda: getattr(context.get("ledger"), "organisation", ""))
    return naming.named(context.get("request"), str(message), organisation)


@register.filter
def coded(text: str) -> SafeString:
    """What stands between backticks as code, as the command line writes it."""
    return naming.coded(conditional_escape(text))


@register.filter
def is_typed(field: BoundField) -> bool:
    """Whether a link has too many choices for a list to choose from."""
    if not isinstance(field.field, RecordChoiceField):
        return False
    settle(field.field)
    return isinstance(field.field.widget, TextInput)


@register.simple_tag(takes_context=True)
def offers(context: template.Context, field: BoundField) -> list[tuple[str, str]]:
    """What a field that is typed offers to who reads the page."""
    request = context.get("request")
    if request is None or not hasattr(request, "powers"):
        return []
    return list(offered(request, field))


@register.filter
def is_several(field: BoundField) -> bool:
    """Whether it is made of several inputs that bring their own labels."""
    return isinstance(field.field, KindDataFormField) or is_shown_fields(field)


@register.filter
def numbered(count: int) -> str:
    """A whole number with its thousands apart."""
    return number_format(count, force_grouping=True)


@register.filter
def kinds(names: Iterable[str]) -> str:
    """Kinds of evidence, or roles under a law, by what they are called."""
    return sentences.kinds(names)


@register.filter
def display(ref: str) -> str:
    """A reference without its type, as a second line shows it."""
    return ref.partition(":")[2] or ref


def _far(at: date) -> str:
    days = (at - now().date()).days
    near = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}
    if days in near:
        return near[days]
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


@register.filter
def value_to_text(name: str) -> str:
    """The input that holds the text which an answer is about."""
    return name.replace("value:", "text:", 1)
