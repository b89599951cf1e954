"""Every requirement has a named example that can be filed today, and no member of it is idle."""

import pytest
from jsonschema import Draft202012Validator

from examples.requirement_examples import Example, Filing, examples
from upright.catalogue import Catalogue
from upright.catalogue.applicability import Applicable
from upright.catalogue.linting import can_be_filed

BUILT = {
    "group-fairness",
    "performance",
    "data-quality",
    "data-provenance",
    "model-file-scan",
    "model-signature",
    "pii-scan",
    "inventory-match",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture(scope="module")
def every(catalogue: Catalogue) -> tuple[Example, ...]:
    return examples(catalogue)


def _is_answered(example: Example, files: tuple[Filing, ...], checks: tuple[str, ...]) -> bool:
    """Each member answered, by an independent reading: sets of (kind, about), a check about any subject it can have."""
    filed = {(filing.kind, filing.about) for filing in files}
    return all(
        any((kind, member.ask.about) in filed or kind in checks for kind in member.kinds) for member in example.members
    )


def test_every_requirement_has_exactly_one_example_with_a_name_of_its_own(every, catalogue):
    assert [example.requirement.id for example in every] == list(catalogue.requirements)
    assert len({(example.name, example.requirement.framework) for example in every}) == len(every) == 223


def test_every_example_is_about_a_system_to_which_the_requirement_applies(every, catalogue):
    for example in every:
        found = Applicable(example.profile, catalogue).of(example.requirement)
        assert found.applies == "yes", (example.requirement.id, found)


def test_every_example_answers_every_member_of_every_ask(every):
    for example in every:
        assert example.members, example.requirement.id
        assert _is_answered(example, example.files, example.checks), example.requirement.id


def test_taking_any_one_thing_out_of_an_example_leaves_a_member_open(every):
    for example in every:
        for gone in example.files:
            rest = tuple(filing for filing in example.files if filing != gone)
            assert not _is_answered(example, rest, example.checks), (example.requirement.id, gone.kind)
        for check in example.checks:
            rest_checks = tuple(other for other in example.checks if other != check)
            assert not _is_answered(example, example.files, rest_checks), (example.requirement.id, check)


def test_what_an_example_files_fits_the_kind_and_what_it_runs_is_built(every, catalogue):
    for example in every:
        for filing in (*example.first, *example.files):
            kind = catalogue.kind(filing.kind)
            Draft202012Validator(kind.fields).validate(filing.data)
            assert filing.about in kind.subject
        assert set(example.checks) <= BUILT
        for member in example.members:
            kind = catalogue.kind(member.by.kind if isinstance(member.by, Filing) else member.by)
            assert can_be_filed(kind, member.ask), (example.requirement.id, kind.id)
