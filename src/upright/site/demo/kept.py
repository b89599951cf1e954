"""What Meridian keeps besides: who answers for what, which documents there are, how controls are followed."""

from typing import Any

from upright.site.demo.story import Cast
from upright.site.demo.telling import Told, in_days


def _roles(cast: Cast) -> dict[str, Any]:
    rows = (
        ("AIMS manager", "mira", "Runs the management system; may stop a release", 540),
        ("Owner of the mortgage system", "olu", "Decides on changes within its approved use", 540),
        ("Risk owner of lending", "rana", "Accepts risks up to level 6", 540),
        ("Overseer", "nia", "May override a proposal and stop the system", 330),
    )
    made = [
        {"role": role, "holder": cast.person(name).ref, "authority": may, "accepted_on": in_days(150 - day).isoformat()}
        for role, name, may, day in rows
    ]
    return {"rows": made, "made_known_by": "Page of the management system on the intranet"}


def _deputies(cast: Cast) -> dict[str, Any]:
    """What the first audit missed: who decides while the system's owner is away."""
    rows = (("Deputy of the system's owner", "rana", "Decides on a release while the owner is away"),)
    made = [
        {"role": role, "holder": cast.person(name).ref, "authority": may, "accepted_on": in_days(-1).isoformat()}
        for role, name, may in rows
    ]
    return {"rows": made, "made_known_by": "Page of the mortgage system on the intranet"}


def _documents(cast: Cast) -> dict[str, Any]:
    rows = (("AI policy", "5.2"), ("Scope of the AI management system", "4.3"), ("Procedure for AI risk", "6.1.2"))
    made = [
        {"document": name, "version": "1", "owner": cast.person("mira").ref, "required_by": clause}
        for name, clause in rows
    ]
    return {"rows": made, "complete_on": in_days(-3).isoformat()}


def _kept(key: str, title: str, kind: str, day: int, data: Any, **more: Any) -> Told:
    return Told(
        key=key,
        model="KeptRecord",
        day=day,
        approved=day - 5,
        fields=lambda cast: {"title": title, "kind": kind, "data": data(cast), **more},
    )


def _written(key: str, title: str, subtype: str, text: str) -> Told:
    fields = {"title": title, "subtype": subtype, "text": text, "distribution": ["unit:lending"]}
    return Told(key=key, model="Document", day=490, approved=480, reconfirmed=140, fields=lambda _cast: dict(fields))


KEPT: tuple[Told, ...] = (
    _kept("roles", "Who answers for what", "role-assignment", 150, _roles),
    _kept(
        "deputies",
        "Who decides on the mortgage system in whose place",
        "role-assignment",
        325,
        _deputies,
        about="system:mortgage",
    ),
    _kept("register", "Register of documents", "document-register", 148, _documents),
    _kept(
        "control log",
        "How documents were kept in the first year",
        "document-control-log",
        146,
        lambda cast: {
            "covers_from": in_days(-365).isoformat(),
            "covers_to": in_days(-1).isoformat(),
            "changes": 31,
            "disposals": 0,
            "external_documents": 1,
            "gaps": "none found",
        },
    ),
    _kept(
        "operation",
        "Operation held to its controls, half a year",
        "operational-control-record",
        120,
        lambda cast: {
            "period_from": in_days(-182).isoformat(),
            "period_to": in_days(-1).isoformat(),
            "controls_run": 24,
            "deviations": "One late review, caught up in a week",
            "checked_by": cast.person("ivo").ref,
        },
    ),
    _kept(
        "provided",
        "What others provide for AI",
        "external-provision-register",
        118,
        lambda cast: {
            "rows": [
                {"provided": "Hosting", "provider": "Northgate Hosting", "control": "Contract, yearly assessment"}
            ],
            "reviewed_on": in_days(-2).isoformat(),
        },
    ),
    _written(
        "description",
        "How the management system works",
        "management-system-description",
        "Context and scope lead to risks and impacts; these to controls; controls to evidence, audits and reviews.",
    ),
    _written(
        "treating",
        "How risks are treated",
        "risk-treatment-method",
        "Avoid, modify, share or retain; controls are compared with Annex A; what remains is accepted by its level.",
    ),
    _written(
        "monitoring",
        "What is monitored and when",
        "monitoring-plan",
        "Objectives and measures quarterly, overrides monthly, audits and the review yearly; Mira evaluates.",
    ),
)
