"""What holds for every check there is, ours and those that packages add. A new check is picked up by itself.

Its input is the table or the model of ``made.py``, or the one that it names in ``fitting/``; see there.
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from conformance.hostile import strange_tables, unreadable_hosts, unreadable_models, unreadable_tables
from conformance.made import CANARY, RARE, Fitting, fitting_for
from upright.catalogue import Catalogue
from upright.checks import sandbox
from upright.checks.contract import Binding, CheckSpec, Context, ModelSource, SystemSource, TableSource
from upright.checks.models import Models
from upright.checks.options import OptionError
from upright.checks.registry import checks
from upright.checks.run import Ran, demand_runnable, run_one
from upright.checks.tables import Tables
from upright.evidence.statement import Statement, SubjectRef
from upright.kernel import InputError, schemas

SPECS = list(checks().values())
CRASH = "UP-CHECK-40"
CODE = re.compile(r"\[UP-[A-Z]+-\d{2,3}\]")
every_check = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Fitting, Path]]]:
    """Fitting inputs by check, made when first asked for."""
    with ExitStack() as stack:

        class Made(dict[str, tuple[Fitting, Path]]):
            def __missing__(self, name: str) -> tuple[Fitting, Path]:
                folder = tmp_path_factory.mktemp(name)
                self[name] = stack.enter_context(fitting_for(checks()[name], folder)), folder
                return self[name]

        yield Made()


_children: dict[str, Models] = {}


@pytest.fixture(scope="module", autouse=True)
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One child for each model, shared by all tests here, as by all checks of a run."""
    with closing(Models(tmp_path_factory.mktemp("children"))) as models:
        _children["all"] = models
        yield
        _children.clear()


def context(folder: Path, seed: int = 7) -> Context:
    return Context(
        seed=seed,
        scratch=folder,
        open_table=Tables(folder).open,
        clock=lambda: datetime(2026, 5, 1, tzinfo=UTC),
        models=_children["all"],
    )


def statement_of(ran: Ran) -> Statement:
    """As a workspace files it."""
    subject = SubjectRef.of(ran.binding.subject.bare, ran.binding.on.digest)
    return Statement(subject=(subject,), predicate=ran.predicate)


def reasons_of(ran: Ran) -> str:
    return " | ".join(reason.because for reason in ran.predicate.reasons)


def test_there_are_checks_to_hold_to_this() -> None:
    assert len(SPECS) >= 6


@every_check
def test_it_declares_built_kinds_subjects_and_what_it_measures(spec: CheckSpec) -> None:
    kinds = Catalogue.load().kinds
    assert spec.kinds
    for kind in spec.kinds:
        assert kind in kinds, f"{kind} is not in the catalogue"
        assert kinds[kind].status == "built", f"{kind} is still marked {kinds[kind].status}"
        assert kinds[kind].produced_by == "check"
    assert set(spec.about) <= {"dataset", "model", "system", "supplier"}
    assert spec.measures, "name what it measures, so that a limit on something else is refused"
    assert set(spec.default_limits) <= set(spec.measures)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", spec.name)
    assert spec.version
    assert len(spec.about_text) > 30, "its docstring says what it does"


@every_check
def test_its_options_are_typed_and_what_is_unknown_or_of_another_type_is_refused(spec: CheckSpec) -> None:
    for name, option in spec.options.items():
        assert option.mapping or option.kinds, f"{name} has no type"
        for wrong in (object(), b"bytes", {"a": {1}} if not option.mapping else "text", [[]]):
            with pytest.raises(OptionError, match=r"UP-CHECK-03"):
                spec.configure({name: wrong})
    with pytest.raises(OptionError, match=r"UP-CHECK-02"):
        spec.configure({"an_option_that_nobody_has": 1})


@every_check
def test_a_limit_on_what_it_does_not_measure_is_refused_before_anything_runs(spec: CheckSpec, given: dict) -> None:
    fitting, _ = given[spec.name]
    binding = dataclasses.replace(fitting.binding(spec), limits={"no_such_measure": {"at_most": "0"}})
    with pytest.raises(InputError, match="UP-CHECK-12"):
        demand_runnable([binding])


@every_check
def test_on_a_fitting_input_it_decides_with_evidence_that_fits_the_published_schema(
    spec: CheckSpec, given: dict, tmp_path: Path
) -> None:
    fitting, folder = given[spec.name]
    ran = run_one(limited(spec, fitting), context(tmp_path))
    said = ran.predicate
    assert said.result in fitting.results, (said.result, reasons_of(ran))
    assert said.measurements
    assert said.reasons
    assert {one.name for one in said.measurements} <= set(spec.measures)
    assert any(one.ref == str(ran.binding.subject.bare) for one in said.inputs), "its subject is among its inputs"
    payload = statement_of(ran).payload()
    Draft202012Validator(schemas.load("statement")).validate(json.loads(payload))
    assert Statement.parse(payload).predicate.measurements == said.measurements
    hidden = [payload, *(one.data for one in ran.artefacts)]
    assert not any(CANARY.encode() in data for data in hidden), "evidence holds a value that names a person"
    assert not any(str(place).encode() in data for data in hidden for place in (folder, tmp_path))


@every_check
def test_where_there_is_no_sandbox_it_says_so_or_needs_none(
    spec: CheckSpec, given: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine of another kind nothing is loaded and no host is asked; what needs neither decides as before."""
    fitting, _ = given[spec.name]
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    with closing(Models(tmp_path / "children")) as models:
        ran = run_one(limited(spec, fitting), dataclasses.replace(context(tmp_path), models=models))
    if "no sandbox here" in reasons_of(ran):
        assert ran.predicate.result == "undecided", reasons_of(ran)
        assert "it needs Linux on x86-64 or arm64" in reasons_of(ran)
    else:
        assert ran.predicate.result in fitting.results, reasons_of(ran)
        assert spec.name not in {"explainability", "adversarial-robustness", "privacy-leakage", "llm-red-team"}


@every_check
def test_the_same_seed_gives_the_same_evidence_in_another_folder(spec: CheckSpec, given: dict, tmp_path: Path) -> None:
    fitting, _ = given[spec.name]
    first, second = (run_one(limited(spec, fitting), context(tmp_path / name)) for name in ("one", "two"))
    assert msgspec.json.encode(first.predicate) == msgspec.json.encode(second.predicate)
    assert first.artefacts == second.artefacts


@every_check
def test_without_limits_of_any_kind_it_never_passes(spec: CheckSpec, given: dict, tmp_path: Path) -> None:
    fitting, _ = given[spec.name]
    if spec.default_limits:
        assert all(limit for limit in spec.default_limits.values())
        return
    ran = run_one(dataclasses.replace(fitting.binding(spec), limits={}), context(tmp_path))
    assert ran.predicate.result == "undecided"
    assert "no limit" in reasons_of(ran)


@every_check
def test_what_cannot_be_read_is_neither_passed_nor_failed_and_says_why(
    spec: CheckSpec, given: dict, tmp_path: Path
) -> None:
    fitting, folder = given[spec.name]
    base, wrong, seen = limited(spec, fitting), [], 0
    one_run = context(tmp_path / "scratch")
    for what, binding in with_hostile(base, tmp_path, unreadable=True):
        seen += 1
        ran = run_one(binding, one_run)
        said = reasons_of(ran)
        if ran.predicate.result not in {"undecided", "errored"} and not detects(ran, binding):
            wrong.append(f"{what}: {ran.predicate.result}: {said}")
        if CRASH in said:
            wrong.append(f"{what}: {said}")
        if ran.predicate.result != "failed" and not CODE.search(said):
            wrong.append(f"{what}: {ran.predicate.result} without a code: {said}")
        if not said or str(tmp_path) in said or str(folder) in said:
            wrong.append(f"{what}: the reason is empty or names a folder of this machine: {said}")
        statement_of(ran).payload()
    assert seen > 5 or isinstance(base.on, SystemSource), "a whole folder has hostile files in a test of its own"
    assert wrong == []


def detects(ran: Ran, binding: Binding) -> bool:
    """A check whose subject is the file itself may fail what it cannot read; it must not pass it."""
    return ran.predicate.result == "failed" and isinstance(binding.on, ModelSource)


@every_check
def test_strange_values_never_stop_it_without_a_clear_answer(spec: CheckSpec, given: dict, tmp_path: Path) -> None:
    fitting, _ = given[spec.name]
    base, wrong, seen = limited(spec, fitting), [], 0
    one_run = context(tmp_path / "scratch")
    for what, binding in with_hostile(base, tmp_path, unreadable=False):
        seen += 1
        ran = run_one(binding, one_run)
        said = reasons_of(ran)
        if CRASH in said or not said:
            wrong.append(f"{what}: {ran.predicate.result}: {said}")
        if ran.predicate.result == "errored" and not CODE.search(said):
            wrong.append(f"{what}: errored without a code: {said}")
        statement_of(ran).payload()
    assert seen > 0 or not tables_of(base)
    assert wrong == []


@every_check
def test_the_wrong_kind_of_subject_is_refused_with_words(spec: CheckSpec, given: dict, tmp_path: Path) -> None:
    fitting, folder = given[spec.name]
    base = limited(spec, fitting)
    if not isinstance(base.on, TableSource):
        other = TableSource(ref=base.on.ref, path=folder, digest=base.on.digest, hold="bytes")
    else:
        other = ModelSource(ref=base.on.ref, path=base.on.path, digest=base.on.digest, hold="bytes")
    if len(spec.about) > 1:
        assert set(spec.about) >= {"dataset", "model"}
        return
    ran = run_one(dataclasses.replace(base, on=other), context(tmp_path))
    assert ran.predicate.result == "errored"
    assert "UP-CHECK-30" in reasons_of(ran)


def limited(spec: CheckSpec, fitting: Fitting) -> Binding:
    """With a limit that can be decided: the fitting's, the check's own, or one on its first measure."""
    binding = fitting.binding(spec)
    if binding.limits or spec.default_limits:
        return binding
    return dataclasses.replace(binding, limits={spec.measures[0]: {"at_least": "0"}})


def tables_of(binding: Binding) -> list[str]:
    """Tables; lists of tasks are none, and have tests of their own."""
    parts = {part: getattr(binding, part) for part in ("on", "against", "training")}
    tables = {part: source for part, source in parts.items() if isinstance(source, TableSource)}
    return [part for part, source in tables.items() if Path(source.path).suffix == ".parquet"]


def models_of(binding: Binding) -> list[str]:
    parts = {part: getattr(binding, part) for part in ("on", "against", "model")}
    return [part for part, source in parts.items() if isinstance(source, ModelSource) and source.endpoint is None]


def hosted_of(binding: Binding) -> list[str]:
    parts = {part: getattr(binding, part) for part in ("on", "against", "training")}
    return [part for part, source in parts.items() if isinstance(source, ModelSource) and source.endpoint is not None]


def with_hostile(binding: Binding, folder: Path, *, unreadable: bool) -> Iterator[tuple[str, Binding]]:
    """The binding with one of its parts replaced."""
    tables = unreadable_tables if unreadable else strange_tables
    for part in tables_of(binding):
        place = folder / part
        place.mkdir(parents=True, exist_ok=True)
        for what, source in tables(getattr(binding, part), place):
            yield f"{part}: {what}", dataclasses.replace(binding, **{part: source})
    for part in models_of(binding) if unreadable else ():
        place = folder / f"{part}-model"
        place.mkdir(parents=True, exist_ok=True)
        for what, source in unreadable_models(getattr(binding, part), place):
            yield f"{part}: {what}", dataclasses.replace(binding, **{part: source})
    for part in hosted_of(binding) if unreadable else ():
        hurried = {**binding.options, "seconds": 1}  # what does not answer is not waited for
        for what, source in unreadable_hosts(getattr(binding, part)):
            yield f"{part}: {what}", dataclasses.replace(binding, options=hurried, **{part: source})


def test_the_rare_group_of_the_made_table_is_rare() -> None:
    from conformance.made import RARE_ROWS, people

    assert people()["sex"].to_pylist().count(RARE) == RARE_ROWS < 5
