"""Verbs of the statement of applicability: begun with a row for each control, revised as a new version (6.1.3)."""

from upright.kernel import Actor
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.applicability import contradiction, proposal, wanted_controls
from upright.records.risk.models import SoaRow, StatementOfApplicability
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError

_ADD = "risk.statement_of_applicability.add"


def add_statement_of_applicability(
    record: StatementOfApplicability, /, *, actor: Actor, reason: str
) -> StatementOfApplicability:
    """Begin a statement: one row for every control of Annex A and every own one, each to be decided by a person."""
    powers_of(actor).must(_ADD, record)
    before = StatementOfApplicability.objects.filter(pk=record.supersedes_id).first()
    record.edition = 1 if before is None else before.edition + 1
    with change():
        write(record, actor=actor, action="risk.statement_of_applicability.added", reason=reason)
        _fill(record, {} if before is None else {(one.control, one.system_id): one for one in before.rows.all()}, actor)
    return record


def begin_new_version(
    statement: StatementOfApplicability, *, actor: Actor, reason: str, powers: Powers | None = None
) -> StatementOfApplicability:
    """Begin a new version of this approved statement with its rows; the approved one stays as it was approved."""
    (powers or powers_of(actor)).must(_ADD, statement)
    demand_state(statement, StatementOfApplicability.State.APPROVED)
    demand_reason(reason, "A new version")
    waiting = statement.superseded_by.exclude(state=StatementOfApplicability.State.WITHDRAWN).first()
    if waiting is not None:
        raise RefusedError(f"{waiting.ref} is the next version already; go on with that one.", code="UP-RISK-48")
    new = StatementOfApplicability(
        title=statement.title,
        unit=statement.unit,
        owner=statement.owner,
        review_by=None,
        supersedes=statement,
        intention=reason,
    )
    return add_statement_of_applicability(new, actor=actor, reason=reason)


def propose_rows(
    statement: StatementOfApplicability, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> StatementOfApplicability:
    """Add the rows that are missing, and what needs a control where the records say so; decide nothing."""
    (powers or powers_of(actor)).must("risk.statement_of_applicability.change", statement)
    demand_state(statement, StatementOfApplicability.State.DRAFT)
    found = proposal(statement.unit)
    rows = {one.control: one for one in statement.rows.filter(system__isnull=True)}
    with change():
        for control, refs in found.items():
            row = rows.get(control)
            new = [] if row is None else [ref for ref in refs if ref not in row.needed_by]
            if row is not None and new:
                row.needed_by = [*row.needed_by, *new]
                write(row, actor=actor, action="risk.soa_row.proposed", reason=reason)
        _fill(statement, {(name, None): row for name, row in rows.items()}, actor, have=set(rows))
    return statement


def _fill(
    statement: StatementOfApplicability,
    before: dict[tuple[str, object], SoaRow],
    actor: Actor,
    have: set[str] | None = None,
) -> None:
    """Writes the rows that a statement has not: those of the version before, the others with what is proposed."""
    found = proposal(statement.unit)
    wanted = wanted_controls(statement.unit)
    for control in wanted:
        if control in (have or ()):
            continue
        old = before.get((control, None))
        row = SoaRow(statement=statement, control=control, needed_by=found.get(control, []))
        _write(row if old is None else _copied(old, statement), actor)
    if have is None:
        for (control, system), old in before.items():
            if system is not None and control in wanted:
                _write(_copied(old, statement), actor)


def _copied(old: SoaRow, statement: StatementOfApplicability) -> SoaRow:
    """As it was decided; an exclusion that the inventory contradicts since is to be decided again."""
    is_out = old.decision == SoaRow.Decision.EXCLUDED
    is_open = is_out and bool(contradiction(old.control, old.system, statement.unit))
    return SoaRow(
        statement=statement,
        control=old.control,
        system=old.system,
        decision=SoaRow.Decision.UNDECIDED if is_open else old.decision,
        ground="" if is_open else old.ground,
        reason=old.reason,
        needed_by=list(old.needed_by),
        status=old.status,
    )


def _write(row: SoaRow, actor: Actor) -> None:
    write(row, actor=actor, action="risk.soa_row.added", reason="")
