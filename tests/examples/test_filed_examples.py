"""Each requirement's example, really filed, is met; without any one thing that it asks for, or with it failed, not."""

from pathlib import Path

import pytest

from examples.requirement_examples import SYSTEMS, Example, Filing, examples
from examples.worlds import World
from upright.catalogue import Catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_every_example_belongs_to_one_of_the_systems_that_are_filed(catalogue: Catalogue) -> None:
    assert {one.system for one in examples(catalogue)} == set(SYSTEMS())


@pytest.mark.slow
@pytest.mark.parametrize("system", list(SYSTEMS()))
def test_what_is_filed_meets_each_requirement_and_every_part_of_it_is_needed(
    system: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    world = World(system, tmp_path, catalogue)
    assert world.examples
    wrong = [line for one in world.examples for line in _wrong(world, one)]
    assert wrong == []


def _wrong(world: World, example: Example) -> list[str]:
    """What does not hold of one example, in words."""
    evidence = [*example.first, *example.files, *example.checks]
    members = {member.by for member in example.members}
    assert set(evidence) - set(example.first) == members
    found = []
    if (status := world.status(example, evidence)) != "met":
        found.append(f"{example.requirement.id} with everything filed is {status}")
    for one in evidence:
        name = one.kind if isinstance(one, Filing) else one
        status = world.status(example, [other for other in evidence if other is not one])
        if status not in {"unknown", "partly"}:
            found.append(f"{example.requirement.id} without {name} is {status}")
        # A scope statement that failed adopts nothing; whether the framework applies is open again.
        status = world.status(example, evidence, failed=one)
        if status != ("unknown" if one in example.first else "failing"):
            found.append(f"{example.requirement.id} with {name} failed is {status}")
    return found
