"""Every move of every type, in every state that its record can have, as everybody: rehearsed up to its first write."""

from collections.abc import Iterator
from copy import copy
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from inspect import signature
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from django.core.exceptions import FieldDoesNotExist

from records.examples.unwritten import unwritten
from records.organisation import SETUP, Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.desk.description import Move, registered
from upright.desk.moves import offer
from upright.kernel import Actor, InputError
from upright.records.identity.acting import NOBODY
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError, Powers, powers_of
from upright.records.trail.door import rehearse, write
from upright.records.trail.errors import StandingError
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

WRITERS = [one for one in Role if one not in {Role.ADMINISTRATOR, Role.EXTERNAL_AUDITOR}]
RIGHT = {"right", "author"}
RIGHT_ARE = {
    # whose verbs they are, where it is not who writes such records
    **{("person", verb): {"administrator"} for verb in ("open_account", "end_sessions", "deactivate", "reactivate")},
    **{(name, "end"): {*RIGHT, "administrator"} for name in ("role", "delegation", "exception")},
    ("token", "revoke_token"): {"administrator", "author"},
}
MEMBERS_MAY = {("document", "acknowledge")}
AUTHORS_MAY = {
    # to write, hand in, take back, undo and report on what is one's own is not to approve it
    *("submit", "give_back", "revise", "withdraw", "acknowledge", "propose_rows", "begin_new_version", "draw_sample"),
    *("suggest_threats", "end", "revoke_token", "state_none", "link_statement", "refuse_statement"),
    *("revise_publication", "withdraw_publication"),
    # who said it is not known, so nobody here is its author
    *("take_voice", "answer_voice", "close_voice"),
    *("start_audit", "report_audit", "cancel_audit", "draw_inputs", "open_improvement", "contain_incident"),
    *("suspend_certificate", "reinstate_certificate", "withdraw_certificate", "finish_corrective_action"),
    *("replan_corrective_action", "finish_improvement", "drop_improvement", "rate_risk", "rate_residual"),
    *("close_risk", "reopen_risk", "finish_treatment", "realise_opportunity", "drop_opportunity", "end_use"),
    *("reopen_supplier_review", "record_their_acknowledgement", "judge_change_notice", "judge_customer_requirement"),
    *("reopen_customer_requirement", "acknowledge_alarm", "handle_alarm", "reopen_incident", "lift_hold"),
    # to refuse is not to approve either
    *("refuse_use", "refuse_disposal", "decline_stage_change", "decline_use_proposal", "decline_evidence_request"),
    *("remind_outsider", "withdraw_outside_request", "refuse_outside_answer"),
    # the other side's work: who carried it out, audited or answered is refused (tests of the apps)
    *("confirm_treatment", "reject_treatment", "accept_evidence_request", "receive_audit"),
}
NEED_MORE = {
    # what an example lacks before it can be approved or closed; done in the tests of the apps
    *("approve", "submit", "fill", "take_up_use_proposal", "deliver_information_owed", "close_nonconformity"),
    *("reopen_nonconformity", "accept_risk", "make_stage_change", "approve_stage_change", "close_incident"),
    *(
        "resolve_incident",
        "answer_evidence_request",
        "approve_assessment",
        "approve_publication",
        "close_review",
        "confirm_supplier_review",
    ),
    *("take_template", "issue", "take_up_threat", "dismiss_threat", "propose_mitigation", "ask_the_gate"),
    *("settle_information_delivery", "settle_access_review", "accept_outside_answer"),
}

LOOKED_AT = {"right", "author"}
"""Whose buttons are held against what the verb does."""


class Outcome(NamedTuple):
    """What a verb said to somebody in a state, and whether a page had offered it."""

    who: str
    state: str
    got: str
    is_offered: bool | None


def person(meridian: Organisation, name: str, *roles: Role) -> Actor:
    made = write(Person(name=name, unit=meridian.root), actor=SETUP, action="identity.person.added")
    for role in roles:
        grant(made, role, meridian.root)
    return actor_of(made)


def states(model: type[Record]) -> list[Any]:
    try:
        field = model._meta.get_field("state")
    except FieldDoesNotExist:
        return [None]
    return [value for value, _ in field.choices or []] or [None]  # type: ignore[union-attr]  # a column's


def arguments(move: Move, made: dict[str, Record]) -> dict[str, Any]:
    first, *_ = hints = get_type_hints(move)
    asked = {name: hint for name, hint in hints.items() if name not in {first, "return", "actor", "reason", "powers"}}
    return {
        name: _value(next(one for one in (*get_args(hint), hint) if one is not NoneType), made)
        for name, hint in asked.items()
    }


def _value(hint: Any, made: dict[str, Record]) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if isinstance(hint, type) and issubclass(hint, Record):
        return next((one for one in made.values() if type(one) is hint), None) or hint._base_manager.first()
    known = {int: 1, bool: True, Decimal: Decimal(1), str: "Some words."}
    return known[hint] if hint in known else (now() + timedelta(days=90)).date()


def outcomes(record: Record, move: Move, who: dict[str, Powers], made: dict[str, Record]) -> Iterator[Outcome]:
    """For each who: D denied, S refused by what stands, R by another rule, Y done; in each state."""
    given = arguments(move, made)
    described = registered()[record.ref_type]
    for state in states(type(record)):
        for name, powers in who.items():
            mine = copy(record)
            if state is not None:
                mine.state = state  # type: ignore[attr-defined]  # it has one
            more = {"powers": powers} if "powers" in signature(move).parameters else {}
            is_offered = None
            if name in LOOKED_AT:
                is_offered = not offer(described, move, mine, actor=powers.actor, powers=powers).why_not
            try:
                rehearse(lambda: move(mine, actor=powers.actor, reason="The matrix.", **more, **given))  # noqa: B023
            except DeniedError:
                got = "D"
            except StandingError:
                got = "S"
            except InputError:
                got = "R"
            else:
                got = "Y"
            yield Outcome(name, str(state), got, is_offered)


def buttons(outcomes: list[Outcome]) -> Iterator[str]:
    """What is wrong with the buttons of a verb: one that is refused whatever is answered, or none for what may be done.

    The same answers that are taken in another state are no cause of a refusal, so the state is.
    """
    taken = {one.who for one in outcomes if one.got == "Y"}
    for one in outcomes:
        if one.is_offered and (one.got in {"D", "S"} or (one.got == "R" and one.who in taken)):
            yield f"{one.who} is offered what {one.state} refuses"
        if one.is_offered is False and one.got == "Y":
            yield f"{one.who} is not offered what {one.state} takes"


def test_each_move_is_made_and_offered_by_right_and_state_never_approved_by_its_author(
    meridian: Organisation,
) -> None:
    for role in set(WRITERS) - {Role.AIMS_MANAGER}:
        grant(meridian.lead, role, meridian.root)
    made = made_all(meridian)
    actors = {
        "nobody": NOBODY,
        "stranger": person(meridian, "Sam"),
        "reader": person(meridian, "Rae", Role.MEMBER),
        "administrator": person(meridian, "Adi", Role.ADMINISTRATOR),
        "auditor": person(meridian, "Eva", Role.EXTERNAL_AUDITOR),
        "right": person(meridian, "Bo", *WRITERS),
        "author": actor_of(meridian.lead),
    }
    who = {name: powers_of(actor) for name, actor in actors.items()}
    several = {name: [one] for name, one in made.items()}
    several |= unwritten(meridian, made, Person.objects.get(ref=str(actors["right"].ref)))
    moved = {name: one.moves for name, one in registered().items() if one.moves}
    assert moved.keys() - several.keys() == set()
    wrong, never = [], set()
    for name in moved:
        for move in moved[name]:
            verb = move.__name__
            got = [list(outcomes(record, move, who, made)) for record in several[name]]
            wrong += [f"{name} {verb}: {one}" for each in got for one in buttons(each)]
            may = {one.who for each in got for one in each if one.got == "Y"}
            members = {"reader", "administrator"} if (name, verb) in MEMBERS_MAY else set()
            expected = RIGHT_ARE.get((name, verb), RIGHT)
            wrong += [f"{name} {verb}: {one} may" for one in may - members - expected]
            if "author" in may and verb not in AUTHORS_MAY:
                wrong.append(f"{name} {verb}: its author may")
            if not (expected - {"author"}) <= may:
                never.add(verb)
    assert wrong == [], wrong
    assert never <= NEED_MORE
