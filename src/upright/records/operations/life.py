"""The life cycle as a graph: where a system may go from each stage, by the gate or back."""

STAGES = (
    ("inception", "Inception"),
    ("design-development", "Design and development"),
    ("verification-validation", "Verification and validation"),
    ("deployment", "Deployment"),
    ("operation-monitoring", "Operation and monitoring"),
    ("continuous-validation", "Continuous validation"),
    ("re-evaluation", "Re-evaluation"),
    ("retirement", "Retirement"),
)
"""The stages of the catalogue, in its order, with their names on screen."""

_ONWARDS: dict[str, tuple[str, ...]] = {
    "inception": ("design-development",),
    "design-development": ("verification-validation",),
    "verification-validation": ("deployment",),
    "deployment": ("operation-monitoring",),
    "operation-monitoring": ("deployment", "continuous-validation", "re-evaluation"),
    "continuous-validation": ("deployment", "operation-monitoring", "re-evaluation"),
    "re-evaluation": ("deployment", "operation-monitoring", "continuous-validation"),
    "retirement": (),
}
"""By the gate. From a live stage, deployment is the release of another version."""

_BACK = ("inception", "design-development", "verification-validation")
"""Nothing runs for anybody in these: one may fall back to them at once, and out of them only by the gate."""

RETIRED = "retirement"
RELEASE = "deployment"


def onwards(stage: str) -> tuple[str, ...]:
    """The stages to which the gate may let a system go from a stage; it may be retired from any."""
    return () if stage == RETIRED else (*_ONWARDS.get(stage, ()), RETIRED)


def back(stage: str) -> tuple[str, ...]:
    """The earlier stages to which a system may be taken back without the gate; nothing comes back from retirement."""
    order = [name for name, _ in STAGES]
    if stage == RETIRED or stage not in order:
        return ()
    return tuple(one for one in _BACK if order.index(one) < order.index(stage))
