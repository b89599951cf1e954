"""Running checks: each on its own, seeded, recorded with what it stood on."""

import hashlib
import logging
import platform
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upright.checks import registry, rescore
from upright.checks import run as room
from upright.checks.contract import (
    ArtefactBytes,
    Binding,
    CheckResult,
    CheckSpec,
    Context,
    ExtraInput,
    ModelSource,
    People,
    Reproduction,
    Run,
    TableSource,
    check,
)
from upright.checks.judge import judge
from upright.checks.registry import UnknownCheckError
from upright.checks.run import Event, demand_runnable, environment, run, run_all, run_one
from upright.checks.tables import Tables
from upright.evidence.statement import Reason
from upright.kernel import InputError, Ref
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import exact


def made(name: str, work: Callable[[Binding, Context], CheckResult], **about: Any) -> CheckSpec:
    def configured(*, rows: int = 3) -> Run:
        """A check of this test's own."""
        return work

    return check(name, **{"version": "7", "kinds": ("data-quality",), "measures": ("n",)} | about)(configured)


def counts(binding: Binding, context: Context) -> CheckResult:
    return judge([exact("n", context.seed_of(binding) % 1000, n=1, unit="")], binding.limits).as_result()


def crashes(_binding: Binding, _context: Context) -> CheckResult:
    raise KeyError("/srv/secret/place/table.csv lacks a row")


def unfit(_binding: Binding, _context: Context) -> CheckResult:
    raise MeasureInputError("three rows are too few.", code="UP-MEASURE-07")


def misused(_binding: Binding, _context: Context) -> CheckResult:
    raise InputError("name a label.", code="UP-CHECK-35")


def out_of_memory(_binding: Binding, _context: Context) -> CheckResult:
    raise MemoryError


def endless(_binding: Binding, _context: Context) -> CheckResult:
    return endless(_binding, _context)


def interrupted(_binding: Binding, _context: Context) -> CheckResult:
    raise KeyboardInterrupt


WORK = {
    "counts": counts,
    "crashes": crashes,
    "unfit": unfit,
    "misused": misused,
    "out-of-memory": out_of_memory,
    "endless": endless,
    "interrupted": interrupted,
}


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = {name: made(name, work) for name, work in WORK.items()}
    specs["scores"] = made("scores", counts, uses_predictions=True, default_limits={"n": {"at_least": "0"}})
    monkeypatch.setattr(registry, "checks", lambda: specs)
    return


def table(folder: Path, **more: Any) -> TableSource:
    path = folder / "t.parquet"
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    about = {"ref": Ref("dataset", "s/t"), "path": path, "digest": "1" * 64, "hold": "bytes"}
    return TableSource(**about | more)


def context(folder: Path, **more: Any) -> Context:
    return Context(**{"seed": 5, "scratch": folder, "open_table": Tables(folder).open} | more)


def binding(folder: Path, name: str = "counts", **more: Any) -> Binding:
    about = {"id": f"b-{name}", "system": Ref("system", "s"), "check": name, "on": table(folder)}
    return Binding(**about | more)


def test_one_crash_is_recorded_and_the_rest_still_run(tmp_path: Path) -> None:
    names = ["crashes", "out-of-memory", "endless", "unfit", "misused", "counts"]
    limits = {"n": {"at_least": "0"}}
    found = {
        one.id: predicate
        for one, predicate in run([binding(tmp_path, n, limits=limits) for n in names], context(tmp_path))
    }
    results = {name: found[f"b-{name}"].result for name in names}
    assert results == {
        "crashes": "errored",
        "out-of-memory": "errored",
        "endless": "errored",
        "unfit": "undecided",
        "misused": "errored",
        "counts": "passed",
    }
    said = found["b-crashes"].reasons[0].because
    assert "KeyError" in said
    assert "UP-CHECK-40" in said
    assert "/srv" not in said
    assert found["b-unfit"].reasons == (
        Reason(limit="", outcome="undecided", because="three rows are too few. [UP-MEASURE-07]"),
    )


def test_a_trace_is_logged_for_debugging_and_never_in_evidence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "upright.checks.run"):
        ran = run_one(binding(tmp_path, "crashes"), context(tmp_path))
    assert "Traceback" in caplog.text
    assert "Traceback" not in str(ran.predicate)


def test_an_interruption_by_the_user_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_one(binding(tmp_path, "interrupted"), context(tmp_path))


def test_an_unknown_check_stops_everything_before_anything_runs(tmp_path: Path) -> None:
    seen: list[Event] = []
    with pytest.raises(UnknownCheckError, match="UP-CHECK-21"):
        list(run_all([binding(tmp_path), binding(tmp_path, "nobody")], context(tmp_path), seen.append))
    assert seen == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"check": "nobody"}, "UP-CHECK-21"),
        ({"options": {"row": 3}}, "UP-CHECK-02"),
        ({"options": {"rows": "3"}}, "UP-CHECK-03"),
        ({"limits": {"m": {"at_least": "1"}}}, "UP-CHECK-12"),
        ({"limits": {"n": {"about": "1"}}}, "UP-CHECK-11"),
    ],
)
def test_what_no_data_could_make_right_is_found_before_the_run(tmp_path: Path, change: Any, code: str) -> None:
    with pytest.raises(InputError, match=code):
        demand_runnable([binding(tmp_path, **change)])
    assert demand_runnable([binding(tmp_path, limits={"n": {"at_least": "1"}})]) is None


def test_seeds_are_per_binding_so_that_adding_a_check_changes_no_number(tmp_path: Path) -> None:
    alone = [p for _, p in run([binding(tmp_path, id="x")], context(tmp_path))]
    among = [p for _, p in run([binding(tmp_path, id="w"), binding(tmp_path, id="x")], context(tmp_path))]
    assert alone[0].measurements == among[1].measurements != among[0].measurements
    assert alone[0].seed == among[1].seed == context(tmp_path).seed_of(binding(tmp_path, id="x"))


def test_the_predicate_says_what_ran_on_what_and_with_which_limits(tmp_path: Path) -> None:
    def more(_binding: Binding, _context: Context) -> CheckResult:
        return CheckResult(
            result="undecided",
            reasons=(Reason(limit="", outcome="undecided", because="so"),),
            artefacts=(ArtefactBytes(name="a.json", media_type="application/json", data=b"{}"),),
            inputs=(ExtraInput(ref=Ref("dataset", "s/vulnerabilities"), digest="5" * 64, hold="bytes"),),
        )

    people = People(path="p.parquet", digest="2" * 64, hold="bytes", on="a", columns=("sex",))
    model = ModelSource(ref=Ref("model", "s/m"), path="m", digest="3" * 64, hold="bytes")
    baseline = table(tmp_path, ref=Ref("dataset", "s/base"), digest="4" * 64, hold="snapshot")
    registry.checks()["more"] = made("more", more)  # type: ignore[index]
    given = binding(
        tmp_path,
        "more",
        on=table(tmp_path, people=people),
        against=baseline,
        model=model,
        options={"rows": 4},
        limits={"n": {"at_most": "9"}},
    )
    said = run_one(given, context(tmp_path)).predicate
    assert [(one.ref, one.digest[0], one.hold) for one in said.inputs] == [
        ("dataset:s/base", "4", "snapshot"),
        ("dataset:s/t", "1", "bytes"),
        ("dataset:s/t/people", "2", "bytes"),
        ("dataset:s/vulnerabilities", "5", "bytes"),
        ("model:s/m", "3", "bytes"),
    ]
    assert (said.check.name, said.check.version) == ("more", "7")
    assert said.options["rows"] == 4
    assert said.limits == {"n": {"at_most": "9"}}
    assert (said.artefacts[0].size, said.artefacts[0].sha256) == (2, hashlib.sha256(b"{}").hexdigest())
    assert (said.source, said.system, said.binding) == ("check", "system:s", "b-more")


def test_limits_in_the_nature_of_a_check_are_recorded_as_if_they_were_written(tmp_path: Path) -> None:
    said = run_one(binding(tmp_path, "scores"), context(tmp_path)).predicate
    assert said.limits == {"n": {"at_least": "0"}}
    assert said.result == "passed"


def test_what_the_run_stood_on_is_recorded_without_naming_the_machine() -> None:
    found = environment()
    assert found["python"] == platform.python_version()
    assert found["packages"]["duckdb"] == version("duckdb")
    assert found["packages"]["upright"] == version("upright")
    assert platform.node() not in str(found)
    assert str(Path.home()) not in str(found)


def test_a_clock_that_goes_backwards_gives_no_run_that_ends_before_it_started(tmp_path: Path) -> None:
    moments = iter([datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC) - timedelta(hours=1)])
    said = run_one(binding(tmp_path), context(tmp_path, clock=lambda: next(moments))).predicate
    assert said.started == said.ended == "2026-05-01T00:00:00.000Z"


def test_events_tell_of_every_binding_its_start_and_its_result(tmp_path: Path) -> None:
    seen: list[tuple[Any, ...]] = []
    bindings = [binding(tmp_path, limits={"n": {"at_least": "0"}}), binding(tmp_path, "crashes")]
    list(run_all(bindings, context(tmp_path), lambda e: seen.append((e.what, e.binding.check, e.done, e.of, e.result))))
    assert seen == [
        ("started", "counts", 0, 2, None),
        ("ended", "counts", 1, 2, "passed"),
        ("started", "crashes", 1, 2, None),
        ("ended", "crashes", 2, 2, "errored"),
    ]


@pytest.mark.parametrize(
    ("said", "result", "reproduced", "words"),
    [
        (Reproduction(reproduced="yes", rows=200), "passed", "yes", ""),
        (Reproduction(reproduced="no", rows=200, mismatched=3), "failed", "no", "3 of 200 sampled rows"),
        (Reproduction(reproduced="no", why="no sandbox here"), "passed", "no", "no sandbox here"),
    ],
)
def test_a_table_that_is_not_its_models_fails_and_one_that_cannot_be_scored_again_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Reproduction, result: str, reproduced: str, words: str
) -> None:
    monkeypatch.setattr(rescore, "reproduce", lambda _binding, _context: said)
    model = ModelSource(ref=Ref("model", "s/m"), path="m", digest="3" * 64, hold="bytes")
    given = binding(tmp_path, "scores", on=table(tmp_path, predictions_of=model.ref), model=model)
    found = run_one(given, context(tmp_path)).predicate
    assert (found.result, found.reproduced) == (result, reproduced)
    told = [*(one.because for one in found.reasons), *(one.why for one in found.not_examined)]
    assert any(words in one for one in told)


def test_a_table_whose_model_is_not_at_hand_is_not_reproduced(tmp_path: Path) -> None:
    given = binding(tmp_path, "scores", on=table(tmp_path, predictions_of=Ref("model", "s/m")))
    found = run_one(given, context(tmp_path)).predicate
    assert found.reproduced == "no"
    assert "not known here" in found.not_examined[0].why


def test_evidence_too_large_to_file_is_an_error_of_its_own_check_alone(tmp_path: Path) -> None:
    def floods(bound: Binding, _context: Context) -> CheckResult:
        many = [exact("n", at, n=1, unit="", group={"g": f"{at:0100d}"}) for at in range(40_000)]
        return judge(many, bound.limits).as_result()

    registry.checks()["floods"] = made("floods", floods)  # type: ignore[index]
    said = run_one(binding(tmp_path, "floods", limits={"n": {"at_least": "0"}}), context(tmp_path)).predicate
    assert said.result == "errored"
    assert "UP-CHECK-42" in said.reasons[0].because
    assert said.measurements == ()


def test_the_module_reads_the_registry_late() -> None:
    assert room.find_check("counts").name == "counts"
