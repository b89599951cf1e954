"""Data quality and data provenance: planted faults are found, clean tables pass, unfit ones get their own answer."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.tabular import ask, table, why
from upright.checks.contract import ArtefactBytes, Binding, Columns, Context
from upright.checks.croissant import read_croissant
from upright.checks.run import run_one
from upright.checks.tables import Tables
from upright.kernel import InputError, Ref

CLEAN = {
    "id": list(range(1_000)),
    "age": [20 + at % 50 for at in range(1_000)],
    "sex": ["F", "M"] * 500,
    "y": [0, 1, 1, 0] * 250,
}
STRICT = {
    "missing_share": {"at_most": "0.01"},
    "repeated_share": {"at_most": "0"},
    "out_of_range_share": {"at_most": "0"},
    "constant_columns": {"at_most": "0"},
    "least_class_share": {"at_least": "0.1"},
}
OPTIONS = {"ranges": {"age": {"at_least": "18", "at_most": "99"}}}


def quality(folder: Path, data: dict[str, Any], **more: Any):
    given = table(folder, data, columns=Columns(label="y"), protected=("sex",))
    return ask("data-quality", given, folder, **{"limits": STRICT, "options": OPTIONS} | more)


def failed(said: Any) -> set[str]:
    return {one.limit.partition(" ")[0] for one in said.reasons if one.outcome == "failed"}


def test_a_clean_table_passes(tmp_path: Path) -> None:
    said = quality(tmp_path, CLEAN)
    assert said.result == "passed", why(said)


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("sex", [None, *["F", "M"] * 499, "F"][:985] + [None] * 15, {"missing_share"}),
        ("sex", ["", "F", "M", "F"] * 250, {"missing_share"}),
        ("age", [17.0, *[30.0 + at % 9 for at in range(999)]], {"out_of_range_share"}),
        ("age", [float("nan")] * 20 + [30.0 + at % 9 for at in range(980)], {"missing_share"}),
        ("age", [30] * 1_000, {"constant_columns"}),
        ("y", [1] * 990 + [0] * 10, {"least_class_share"}),
    ],
)
def test_a_planted_fault_is_found_and_no_other(tmp_path: Path, column: str, values: list[Any], found: set[str]) -> None:
    said = quality(tmp_path, CLEAN | {column: values})
    assert (said.result, failed(said)) == ("failed", found), why(said)


def test_repeated_rows_are_found_by_all_columns_or_by_a_key(tmp_path: Path) -> None:
    twice = {name: [*values[:999], values[0]] for name, values in CLEAN.items()}
    assert failed(quality(tmp_path, twice)) == {"repeated_share"}
    same_id = CLEAN | {"id": [*range(999), 0]}
    assert quality(tmp_path, same_id).result == "passed"
    assert failed(quality(tmp_path, same_id, options=OPTIONS | {"key": ["id"]})) == {"repeated_share"}


def test_counts_are_those_of_numpy(tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    age = np.where(generator.random(700) < 0.1, np.nan, generator.normal(50, 30, 700))
    data = {"id": generator.integers(0, 300, 700), "age": age, "sex": generator.choice(["F", "M"], 700)}
    said = quality(tmp_path, data | {"y": [0, 1] * 350}, options=OPTIONS | {"key": ["id"]})
    found = {(one.name, one.group.get("column")): float(one.value) for one in said.measurements}
    present = age[~np.isnan(age)]
    assert found["missing_share", "age"] == pytest.approx(np.isnan(age).mean())
    assert found["out_of_range_share", "age"] == pytest.approx(((present < 18) | (present > 99)).mean())
    assert found["repeated_share", None] == pytest.approx(1 - len(np.unique(data["id"])) / 700)


def test_a_sample_that_is_not_like_its_population_or_its_reference_is_found(tmp_path: Path) -> None:
    limits = {"share_difference": {"at_most": "0.05"}}
    population = {"population": {"sex": {"F": "0.51", "M": "0.49"}}}
    skewed = CLEAN | {"sex": ["F"] * 300 + ["M"] * 700}
    assert quality(tmp_path, CLEAN, limits=limits, options=population).result == "passed"
    assert failed(quality(tmp_path, skewed, limits=limits, options=population)) == {"share_difference"}
    other = table(tmp_path, CLEAN, "reference")
    assert failed(quality(tmp_path, skewed, limits=limits, options={}, against=other)) == {"share_difference"}
    few = {name: values[:10] for name, values in CLEAN.items()}
    assert quality(tmp_path, few, limits=limits, options=population).result == "undecided"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ranges": {"age": {"least": "18"}}}, "expected at_least and at_most.*UP-CHECK-39"),
        ({"ranges": {"age": "18-99"}}, "UP-CHECK-39"),
        ({"ranges": {"sex": {"at_least": "1"}}}, "'sex' cannot be checked.*UP-MEASURE-11"),
        ({"ranges": {"agee": {"at_least": "1"}}}, "no column 'agee'.*Did you mean 'age'"),
        ({"population": {"sex": {"F": "0.5", "M": "0.6"}}}, r"add up to 1.1; expected 1.*UP-CHECK-39"),
        ({"key": ["nobody"]}, "no column 'nobody'.*UP-TABLE-05"),
    ],
)
def test_an_option_that_does_not_fit_says_what_to_write(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    import re

    said = quality(tmp_path, CLEAN, options=options)
    assert said.result in {"errored", "undecided"}
    assert re.search(words, why(said)), why(said)


DECLARED = {"origin": "Our branches", "licence": "CC-BY-4.0", "collected": "2025", "steps": ["none"]}


def provenance(folder: Path, **more: Any):
    given = table(folder, CLEAN)
    digest = hashlib.sha256(Path(given.path).read_bytes()).hexdigest()
    given = table(folder, CLEAN, **{"declared": DECLARED, "digest": digest} | more)
    tables = Tables(folder / "scratch")
    binding = Binding(id="b", system=Ref("system", "s"), check="data-provenance", on=given)
    return run_one(binding, Context(seed=1, scratch=folder / "scratch", open_table=tables.open))


def test_a_data_set_that_says_where_it_comes_from_passes_and_each_missing_part_is_asked_for(tmp_path: Path) -> None:
    assert provenance(tmp_path).predicate.result == "passed"
    for part in DECLARED:
        for empty in (None, "", " ", []):
            said = provenance(tmp_path, declared=DECLARED | {part: empty}).predicate
            assert said.result == "failed"
            assert f"does not declare `{part}`" in why(said)


def test_a_data_set_tied_to_no_bytes_is_undecided(tmp_path: Path) -> None:
    assert provenance(tmp_path, hold="declared").predicate.result == "undecided"


def croissant(folder: Path, document: Any) -> dict[str, Any]:
    (folder / "c.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return {"declared": DECLARED | {"croissant": str(folder / "c.json")}}


def test_a_croissant_file_that_says_otherwise_is_a_contradiction(tmp_path: Path) -> None:
    said = {"@type": "sc:Dataset", "license": "MIT", "distribution": [{"sha256": "a" * 64}]}
    found = provenance(tmp_path, **croissant(tmp_path, said)).predicate
    assert found.result == "failed"
    assert "gives the licence 'MIT', the manifest 'CC-BY-4.0'" in why(found)
    assert "gives SHA-256 aaaa" in why(found)
    agreed = croissant(tmp_path, {"@type": "sc:Dataset", "license": ["CC-BY-4.0"]})
    assert provenance(tmp_path, **agreed).predicate.result == "passed"


@pytest.mark.parametrize("document", ["", "{", "[]", '{"@type": "sc:Person"}', "[" * 100_000])
def test_a_file_that_is_no_croissant_is_refused(tmp_path: Path, document: str) -> None:
    said = provenance(tmp_path, **croissant(tmp_path, document)).predicate
    assert said.result == "errored"
    assert "UP-CHECK-50" in why(said)


def test_an_absent_or_huge_croissant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read.*UP-CHECK-50"):
        read_croissant(tmp_path / "none.json")
    (tmp_path / "big.json").write_text(" " * 10_000_001)
    with pytest.raises(InputError, match=r"larger than 10,000,000.*UP-CHECK-50"):
        read_croissant(tmp_path / "big.json")


def written(folder: Path) -> ArtefactBytes:
    (made,) = provenance(folder).artefacts
    return made


def test_what_we_write_says_columns_and_digest_and_is_read_back(tmp_path: Path) -> None:
    made = written(tmp_path)
    document = json.loads(made.data)
    (tmp_path / "c.json").write_bytes(made.data)
    told = read_croissant(tmp_path / "c.json")
    assert told.licence == "CC-BY-4.0"
    assert told.digests == {document["distribution"][0]["sha256"]}
    fields = {one["name"]: one["dataType"] for one in document["recordSet"][0]["field"]}
    assert fields == {"id": "sc:Integer", "age": "sc:Integer", "sex": "sc:Text", "y": "sc:Integer"}
    assert str(tmp_path) not in made.data.decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert document["conformsTo"] == "http://mlcommons.org/croissant/1.0"
