"""What Meridian wrote down about its management system, from its first context analysis to last month."""

from collections.abc import Callable
from contextlib import suppress

from upright.site.demo.direction import DIRECTION
from upright.site.demo.kept import KEPT
from upright.site.demo.story import Cast, Event
from upright.site.demo.support import SUPPORT
from upright.site.demo.telling import Told


def _taken(name: str) -> Callable[[Cast], None]:
    def begin(cast: Cast) -> None:
        from upright.records.governance.actions import take_template

        take_template(cast.made[name], template=name, actor=cast.actor("mira"))

    return begin


def _written_out(name: str, words: dict[str, str]) -> Callable[[Cast], None]:
    """The gaps of a template, filled by hand, then handed in and approved."""

    def finish(cast: Cast) -> None:
        from upright.records.governance.actions import fill
        from upright.records.governance.placeholders import unfilled
        from upright.records.identity.controlled import approve, submit
        from upright.records.identity.editing import edit
        from upright.records.trail.errors import RefusedError

        draft, mira = cast.made[name], cast.actor("mira")
        with suppress(RefusedError):
            fill(draft, actor=mira)
        for gap in unfilled(draft.text):
            draft.text = draft.text.replace(
                gap, words.get(gap.strip("[]{}"), "as the steering group decides each year")
            )
        edit(draft, actor=mira, reason="The gaps are decided.")
        submit(draft, actor=mira)
        approve(draft, actor=cast.actor("tessa"), reason="Adopted.")

    return finish


def _acknowledge(*names: str) -> Callable[[Cast], None]:
    def read(cast: Cast) -> None:
        from upright.records.governance.actions import acknowledge

        for name in names:
            acknowledge(cast.made["policy"], actor=cast.actor(name))

    return read


def _document(name: str, title: str, subtype: str, day: int, approved: int | None, **words: str) -> list[Event]:
    told = Told(
        key=name,
        model="Document",
        day=day,
        fields=lambda cast: {"title": title, "subtype": subtype, "distribution": ["unit:lending"]},
    )
    found = [*told.events(), Event(day=day - 1, tell=_taken(name))]
    if approved is not None:
        found.append(Event(day=approved, tell=_written_out(name, words)))
    return found


EVENTS = (
    *(event for told in (*DIRECTION, *SUPPORT, *KEPT) for event in told.events()),
    Event(day=151, tell=_acknowledge("ivo", "mira", "tessa")),
    *_document("risk", "Procedure for AI risk", "risk-method", 490, 478, **{"how many months": "12"}),
    *_document("data", "Procedure for data of AI systems", "data-management-process", 476, 460),
    *_document("documents", "Procedure for documented information", "document-control-procedure", 475, 465),
    *_document("concerns", "Procedure for concerns about AI", "concern-process", 20, None),
)
