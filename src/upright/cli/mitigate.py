"""``upright mitigate``: what another threshold, one per group, or reweighing would cost whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.here import ManifestFile, manifest_path
from upright.cli.session import Session, command, single
from upright.kernel import InputError, decimal_text

if TYPE_CHECKING:
    from upright.cli.screen import Screen
    from upright.mitigation.thresholds import Choice
    from upright.workspace.mitigate import Mitigation

app = single()
LAW = (
    "Choices of kind aware treat people differently by a protected characteristic. In the European Union, the United "
    "States and elsewhere that can be unlawful discrimination whatever its purpose: take legal advice before you use "
    "one. Choices of kind blind, and weights, which act on training alone, do not decide by the characteristic."
)
POINTS = (
    "Intervals are of 95 %, for a choice made before these rows were seen. The frontier picks what looks best on them, "
    "so on other rows expect somewhat less: after a change, assess on rows that had no part in choosing it."
)
_SHOWN = 9


@command(app)
def mitigate(
    session: Session,
    binding: Annotated[str, typer.Argument(metavar="BINDING", help="A check of the manifest on scored rows.")],
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="COLUMN", help="Protected column [default: first]; several for intersections."),
    ] = None,
    gap: Annotated[
        str, typer.Option("--gap", help="Gap to trade: selection_rate, true_positive_rate or false_positive_rate.")
    ] = "selection_rate",
    page: Annotated[Path | None, typer.Option("--page", "-o", metavar="FILE", help="Write plot and table.")] = None,
    choice: Annotated[str | None, typer.Option("--choice", metavar="ID", help="The choice to propose.")] = None,
    propose: Annotated[
        Path | None, typer.Option("--propose", metavar="FILE", help="Write it as a risk-treatment-plan to complete.")
    ] = None,
    manifest: ManifestFile = None,
) -> None:
    """Weigh accuracy against a gap between groups: each choice, and what it costs whom. Files nothing."""
    from upright.workspace import load_manifest
    from upright.workspace.mitigate import mitigate as weigh

    if (choice is None) != (propose is None):
        raise InputError("--choice and --propose belong together: name a choice and a file.", code="UP-MITIGATE-20")
    found = weigh(load_manifest(manifest_path(manifest)), binding, by=by or (), gap=gap)
    document = document_of(found)
    if propose is not None:
        _write(propose, _proposal(found, _chosen(found, str(choice))))
    if page is not None:
        from upright.cli.frontier_page import frontier_page

        _write(page, frontier_page(document))
    session.answer(document, lambda screen: _show(screen, found))


def named(found: "Mitigation") -> "dict[str, Choice]":
    """Choices by their id: ``today``; ``blind-1`` has the smallest gap of its kind."""
    counts: dict[str, int] = {}
    known = {}
    for one in found.choices:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        known[one.kind if one.kind == "today" else f"{one.kind}-{counts[one.kind]}"] = one
    return known


def document_of(found: "Mitigation") -> dict[str, Any]:
    """As JSON."""
    return {
        "upright": 1,
        "binding": found.binding,
        "system": found.system,
        "by": list(found.by),
        "gap": found.gap,
        "threshold": found.threshold,
        "rows": found.rows,
        "undecided_rows": found.undecided_rows,
        "left_out": found.left_out,
        "law": LAW,
        "points": POINTS,
        "choices": [
            {
                "id": name,
                "kind": one.kind,
                "accuracy": _rounded(one.accuracy),
                "accuracy_interval": [_rounded(end) for end in one.accuracy_interval],
                "gap": _rounded(one.gap),
                "gap_interval": [_rounded(end) for end in one.gap_interval],
                "costs": [
                    {key: _rounded(getattr(cost, key)) for key in cost.__dataclass_fields__} for cost in one.costs
                ],
            }
            for name, one in named(found).items()
        ],
        "weights": [
            {"group": group, "label": label, "weight": _rounded(weight)}
            for (group, label), weight in found.weights.items()
        ],
    }


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _show(screen: "Screen", found: "Mitigation") -> None:
    by = " and ".join(found.by)
    screen.title(f"{found.binding}: accuracy against the gap in {found.gap.replace('_', ' ')} by {by}", "")
    hidden = 0
    for kind in ("today", "blind", "aware"):
        some = [(name, one) for name, one in named(found).items() if one.kind == kind]
        shown = _spread(some)
        hidden += len(some) - len(shown)
        for name, one in shown:
            screen.bullet(f"{name}: {_sentence(one, found)}")
    if hidden:
        screen.quiet(f"{hidden} choices between these: with -o FILE or --format json.")
    for (group, label), weight in found.weights.items():
        screen.bullet(f"weight in training, {by} = {group} and label {label}: {weight:.4f}")
    for group, rows in found.left_out.items():
        screen.bullet(f"not weighed: {by} = {group}, {rows} rows are too few")
    if found.undecided_rows:
        screen.bullet(f"not weighed: {found.undecided_rows} rows without a decision")
    screen.quiet(LAW)
    screen.quiet(POINTS)


def _spread(some: "list[tuple[str, Choice]]") -> "list[tuple[str, Choice]]":
    """At most nine, evenly from the first to the last."""
    if len(some) <= _SHOWN:
        return some
    return [some[round(at * (len(some) - 1) / (_SHOWN - 1))] for at in range(_SHOWN)]


def _sentence(one: "Choice", found: "Mitigation") -> str:
    accuracy = f"accuracy {one.accuracy:.3f} ({one.accuracy_interval[0]:.3f} to {one.accuracy_interval[1]:.3f})"
    gap = f"gap {one.gap:.3f} ({one.gap_interval[0]:.3f} to {one.gap_interval[1]:.3f})"
    if one.kind == "today":
        how = "decisions as recorded" if found.threshold is None else f"all from {found.threshold:.3f}"
        return f"{accuracy}, {gap}; {how}"
    thresholds = ", ".join(f"{cost.group} from {cost.threshold:.3f}" for cost in one.costs)
    if one.kind == "blind":
        thresholds = f"all from {one.costs[0].threshold:.3f}"
    return f"{accuracy}, {gap}; {thresholds}; {_who(one)}"


def _who(one: "Choice") -> str:
    """Who loses and who gets the favourable decision."""
    parts = []
    for name, verb in (("worse", "lose"), ("better", "get")):
        people = [f"{getattr(cost, name)} of {cost.rows} in {cost.group}" for cost in one.costs if getattr(cost, name)]
        parts.append(f"{verb} the favourable decision: {', '.join(people) or 'nobody'}")
    return "; ".join(parts)


def _chosen(found: "Mitigation", name: str) -> "Choice":
    known = named(found)
    known.pop("today")
    if name not in known:
        raise InputError(
            f"There is no choice {name!r} to propose; there are: {', '.join(known)}.", code="UP-MITIGATE-21"
        )
    return known[name]


def _proposal(found: "Mitigation", one: "Choice") -> str:
    """Fields of a ``risk-treatment-plan``; what only a person can say is left for them, so it is refused until said."""
    import yaml

    by = " and ".join(found.by)
    moves = "; ".join(f"{cost.group} from {cost.threshold}" for cost in one.costs)
    before = "as today" if found.threshold is None else f"from {decimal_text(found.threshold)}"
    action = (
        f"Decide by thresholds {moves} instead of {before}. On {found.rows} rows: {_figures(one)}; today: "
        f"{_figures(found.choices[0])}. The gap is in {found.gap} by {by}. People {_who(one)}"
    )
    row = {
        "risk": f"People are treated unequally by {by} ({found.binding})",
        "action": action,
        "control": "A.9.2",
        "owner": "",
        "due": "",
    }
    head = "# A proposal. Fill owner (person:…), due, approved_on; link the failed evidence by its id; then:\n"
    head += f"# upright attest risk-treatment-plan --about {found.system} --file THIS\n# {POINTS}\n"
    if one.kind == "aware":
        head += f"# {LAW}\n"
    plan = {"rows": [row], "links": [], "effective": False, "approved_on": ""}
    return head + yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=100)


def _figures(one: "Choice") -> str:
    return (
        f"accuracy {one.accuracy:.3f} ({one.accuracy_interval[0]:.3f} to {one.accuracy_interval[1]:.3f}), gap "
        f"{one.gap:.3f} ({one.gap_interval[0]:.3f} to {one.gap_interval[1]:.3f})"
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as why:
        raise InputError(f"{path.name} cannot be written: {why.strerror}.", code="UP-MITIGATE-22") from None
