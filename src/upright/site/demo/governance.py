"""What Meridian wrote down about its management system."""

from datetime import timedelta

from upright.site.demo.story import Cast, Event


def _policy(cast: Cast) -> None:
    from upright.records.governance.models import Document
    from upright.records.identity.editing import add
    from upright.records.trail.server_log import now

    cast.made["policy"] = add(
        Document(
            title="AI policy",
            subtype="ai-policy",
            unit=cast.root,
            owner=cast.person("mira"),
            text=_POLICY,
            review_by=now().date() + timedelta(days=720),
        ),
        actor=cast.actor("mira"),
        reason="Drafted with the board.",
    )


def _approve_policy(cast: Cast) -> None:
    from upright.records.identity.controlled import approve, submit

    submit(cast.made["policy"], actor=cast.actor("mira"), reason="Ready to be read.")
    approve(cast.made["policy"], actor=cast.actor("tessa"), reason="Adopted by the board.")


_POLICY = """\
Meridian uses AI to help people decide about loans, never to decide alone.

1. Each AI system has an owner, a stated purpose and a place in the inventory.
2. What a system does to people is assessed before it is used and whenever it changes.
3. Differences between groups are measured against limits set beforehand; what is not measured counts as not known.
4. Whoever is affected can ask why, contest a decision and reach a person.
5. Nobody approves what they wrote. What was decided, and why, is entered in a log that nobody can change unseen.
"""

EVENTS = (Event(day=530, tell=_policy), Event(day=521, tell=_approve_policy))
