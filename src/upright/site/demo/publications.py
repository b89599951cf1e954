"""What Meridian shows to everybody on its trust page: a certificate, a policy, and where it stands today."""

from typing import Any

from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days


def _published(cast: Cast) -> None:
    from upright.records.assurance.auditing import Certificate

    certificate = Certificate.objects.get()
    policy = cast.made["policy"]
    _show(
        cast,
        title="Our AI management system is certified",
        text="The certificate covers how we develop and use AI systems that rank or score applications for loans.",
        title_de="Unser KI-Managementsystem ist zertifiziert",
        text_de="Das Zertifikat umfasst Entwicklung und Nutzung von KI-Systemen, die Kreditanträge bewerten.",
        rests_on=certificate.ref,
        shows=["number", "body", "scope", "issued_on"],
    )
    _show(
        cast,
        title="An approved AI policy holds for all of us",
        text="The board approved it. Members can ask for a copy in every branch.",
        title_de="Für uns alle gilt eine freigegebene KI-Richtlinie",
        text_de="Der Vorstand hat sie freigegeben. Mitglieder erhalten sie in jeder Filiale.",
        rests_on=policy.ref,
        shows=["title", "review_by"],
    )
    _show(
        cast,
        title="Where we stand with ISO/IEC 42001, also where we do not meet it",
        text="Counted today from our evidence, over all our AI systems. Nobody types these numbers.",
        title_de="Wo wir bei ISO/IEC 42001 stehen, auch wo wir sie nicht erfüllen",
        text_de="Heute aus unseren Nachweisen gezählt, über alle KI-Systeme. Niemand tippt die Zahlen ein.",
        framework="iso42001",
    )


def _show(cast: Cast, **said: Any) -> None:
    from upright.records.assurance.publication_actions import approve_publication
    from upright.records.assurance.publishing import Publication
    from upright.records.identity.controlled import submit
    from upright.records.identity.editing import add

    mira = cast.actor("mira")
    made = Publication(unit=cast.root, owner=cast.person("mira"), review_by=in_days(365), **said)
    submit(add(made, actor=mira, reason="For the trust page."), actor=mira)
    approve_publication(made, actor=cast.actor("tessa"), reason="True, and nothing in it that is nobody's business.")


EVENTS = (Event(day=60, tell=_published),)
