"""What a manifest may say, and what each mistake is answered with."""

from pathlib import Path

import pytest

from upright.kernel import Ref
from upright.workspace import Manifest, ManifestError, load_manifest
from workspace.manifests import MANIFEST, write_project


def load(folder: Path, text: str = MANIFEST) -> Manifest:
    return load_manifest(write_project(folder, text))


def refused(folder: Path, old: str, new: str, *, code: str) -> str:
    assert old in MANIFEST, "the test must change something"
    with pytest.raises(ManifestError) as caught:
        load(folder, MANIFEST.replace(old, new, 1))
    assert caught.value.code == code, caught.value
    assert caught.value.exit_status == 2
    assert "\n" not in caught.value.message
    return caught.value.message


def line_of(text: str, changed: str) -> int:
    return next(number for number, line in enumerate(changed.splitlines(), 1) if text in line)


def test_a_manifest_is_read_into_references_and_decimal_strings(tmp_path: Path) -> None:
    manifest = load(tmp_path)
    assert manifest.system.ref == Ref.parse("system:lending")
    assert manifest.models[0].ref == Ref.parse("model:lending/scorer")
    assert manifest.datasets[0].columns == {
        "label": "denied",
        "prediction": "decision",
        "score": None,
        "weight": None,
        "time": None,
    }
    assert manifest.checks[0].on == Ref.parse("dataset:lending/applications")
    assert manifest.checks[0].limits == {"selection_rate_difference": {"at_most": "0.3"}}
    assert manifest.suppliers[0].provides == (Ref.parse("dataset:lending/applications"),)
    assert manifest.system.purpose == "Ranks applications by risk, for an officer to decide."


def test_yes_and_no_are_traits_and_a_missing_one_stays_unknown(tmp_path: Path) -> None:
    text = MANIFEST.replace("{profiling: yes}", '{profiling: "yes", breach: no, special-category: unknown}')
    assert load(tmp_path, text).system.traits == {"profiling": "yes", "breach": "no"}


def test_a_number_never_passes_through_a_float(tmp_path: Path) -> None:
    text = MANIFEST.replace("at_most: 0.30", "at_most: 0.1000000000000000")
    assert load(tmp_path, text).checks[0].limits["selection_rate_difference"] == {"at_most": "0.1"}


def test_norway_stays_a_country_and_a_favourable_zero_stays_text(tmp_path: Path) -> None:
    text = MANIFEST.replace("favourable: 0", "favourable: NO")
    assert load(tmp_path, text).datasets[0].favourable == "NO"
    assert load(tmp_path).datasets[0].favourable == "0"


@pytest.mark.parametrize(("written", "read"), [("[0, approved]", ("0", "approved")), ("[0]", "0"), ("[]", None)])
def test_several_values_may_be_favourable(tmp_path: Path, written: str, read: object) -> None:
    text = MANIFEST.replace("favourable: 0", f"favourable: {written}")
    assert load_manifest(write_project(tmp_path, text)).datasets[0].favourable == read


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    path = write_project(tmp_path)
    assert load_manifest(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_manifest(tmp_path).sha256 == load_manifest(path).sha256


def test_answers_are_read_beside_it(tmp_path: Path) -> None:
    assert load(tmp_path).system.answers == {"Q0": "no", "Q1": "yes", "Q8": ("III-5-b",), "Q9": "unknown"}


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ("organisation:", "organization:", "'organisation'"),
        ("  stage:", "  stages:", "'stage'"),
        ("adapter:", "adaptor:", "'adapter'"),
        ("protected:", "protcted:", "'protected'"),
        ("prediction: decision", "predicton: decision", "'prediction'"),
        ("    limits:", "    limts:", "'limits'"),
        ("at_most", "at_mots", "'at_most'"),
        ("name: Credit Bureau", "nme: Credit Bureau", "'name'"),
    ],
)
def test_an_unknown_key_is_an_error_with_line_and_suggestion(
    tmp_path: Path, old: str, new: str, suggestion: str
) -> None:
    message = refused(tmp_path, old, new, code="UP-MAN-12")
    assert suggestion in message
    assert message.startswith(f"upright.yaml:{line_of(new, MANIFEST.replace(old, new, 1))}:")


@pytest.mark.parametrize("key", ["id", "purpose", "stage", "modality"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    lines = [line for line in MANIFEST.splitlines() if not line.startswith((f"  {key}:", "    by risk"))]
    with pytest.raises(ManifestError, match=f"system needs the key '{key}'") as caught:
        load(tmp_path, "\n".join(lines))
    assert caught.value.code == "UP-MAN-13"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("upright: 1", "upright: 2", "UP-MAN-18"),
        ("id: lending", "id: Lending!", "UP-MAN-14"),
        ("modality: tabular", "modality: tabula", "UP-MAN-15"),
        ("role: evaluation", "role: evaluaton", "UP-MAN-15"),
        ("personal_data: true", "personal_data: perhaps", "UP-MAN-10"),
        ("at_most: 0.30", "at_most: much", "UP-MAN-16"),
        ("at_most: 0.30", "at_most: .nan", "UP-MAN-16"),
        ("on: dataset:applications", "on: dataset:aplications", "UP-MAN-32"),
        ("on: dataset:applications", "on: applications", "UP-MAN-17"),
        ("on: dataset:applications", "on: person:applications", "UP-MAN-17"),
        ("recorded_decisions: true", "predictions_of: scorr", "UP-MAN-32"),
        ("    recorded_decisions: true\n", "", "UP-MAN-30"),
        ("recorded_decisions: true", "recorded_decisions: true\n    predictions_of: scorer", "UP-MAN-30"),
        ("prediction: decision", "prediction: denied", "UP-MAN-31"),
        ("role: evaluation", "role: evaluation\n    role: training", "UP-MAN-11"),
        ("[income, debt]", "[income, income]", "UP-MAN-11"),
        ("owner: person:lending-owner", "owner: system:lending", "UP-MAN-17"),
        ("path: applications.csv", "path: application.csv", "UP-MAN-23"),
        ("path: applications.csv", "path: 'part-*.csv'", "UP-MAN-23"),
        ("path: applications.csv", "path: ../applications.csv", "UP-MAN-20"),
        ("path: applications.csv", "path: /etc/passwd", "UP-MAN-20"),
        ("path: applications.csv", "path: 'duckdb://x.db?table=t'", "UP-MAN-21"),
        ("classification: answers.yaml", "classification: answer.yaml", "UP-MAN-23"),
        ("traits: {profiling: yes}", "traits: {profiling: maybe}", "UP-MAN-10"),
        ("limits: {selection_rate_difference: {at_most: 0.30}}", "limits: {auc: {}}", "UP-MAN-13"),
    ],
)
def test_each_mistake_is_one_clear_error(tmp_path: Path, old: str, new: str, code: str) -> None:
    message = refused(tmp_path, old, new, code=code)
    assert message.startswith("upright.yaml:")


def test_a_missing_file_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    message = refused(tmp_path, "path: applications.csv", "path: aplications.csv", code="UP-MAN-23")
    assert "Did you mean 'applications.csv'?" in message


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n", encoding="utf-8")
    folder = tmp_path / "project"
    write_project(folder)
    (folder / "applications.csv").unlink()
    (folder / "applications.csv").symlink_to(outside)
    with pytest.raises(ManifestError, match="by a link") as caught:
        load_manifest(folder)
    assert caught.value.code == "UP-MAN-20"


def test_a_linked_folder_and_a_link_inside_a_glob_are_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.csv").write_text("a\n1\n", encoding="utf-8")
    folder = tmp_path / "project"
    write_project(folder)
    (folder / "data").symlink_to(tmp_path / "outside", target_is_directory=True)
    for path in ("data/x.csv", "data", "*/x.csv"):
        (folder / "upright.yaml").write_text(
            MANIFEST.replace("path: applications.csv", f"path: '{path}'"), encoding="utf-8"
        )
        with pytest.raises(ManifestError) as caught:
            load_manifest(folder)
        assert caught.value.code == "UP-MAN-20", path


def test_a_link_that_stays_below_is_fine(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "applications.csv").rename(tmp_path / "real.csv")
    (tmp_path / "applications.csv").symlink_to("real.csv")
    assert load_manifest(tmp_path).datasets[0].path == "applications.csv"


def test_an_address_needs_permission_and_carries_no_password(tmp_path: Path) -> None:
    url = "path: 'postgres://reader@db/x?table=t'"
    text = MANIFEST.replace("path: applications.csv", url) + "allow_external: true\n"
    assert load(tmp_path, text).datasets[0].path == "postgres://reader@db/x?table=t"
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, text.replace("reader@", "reader:secret@"))
    assert caught.value.code == "UP-MAN-22"
    assert "secret" not in str(caught.value)


def test_a_manifest_of_10_mb_is_refused_without_being_parsed(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    path.write_bytes(b"# " + b"x" * (10 << 20))
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    assert caught.value.code == "UP-MAN-02"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 10)}]\n" for last, this in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_yaml_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, BOMB)
    assert caught.value.code == "UP-MAN-05"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &a [*a]", "UP-MAN-05"),
        ("[" * 5000, "UP-MAN-05"),
        ("{" * 100_000, "UP-MAN-05"),
        ("a: !!python/object/apply:os.system ['true']", "UP-MAN-06"),
        ("a: b: c", "UP-MAN-04"),
        ("a: 'unfinished", "UP-MAN-04"),
        ("upright: 1\n---\nupright: 1", "UP-MAN-04"),
        ("a: \x00", "UP-MAN-04"),
        ("", "UP-MAN-10"),
        ("- 1", "UP-MAN-10"),
        ("[1, 2]: x", "UP-MAN-10"),
    ],
)
def test_what_is_not_a_plain_mapping_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, text)
    assert caught.value.code == code, caught.value


def test_an_anchor_used_once_is_fine(tmp_path: Path) -> None:
    text = MANIFEST.replace("features: [income, debt]", "features: &f [income, debt]")
    assert load(tmp_path, text).models[0].features == ("income", "debt")


def test_a_latin_1_manifest_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    path.write_bytes(MANIFEST.replace("Meridian Credit Union", "Crédit").encode("latin-1"))
    with pytest.raises(ManifestError, match=r"^upright.yaml:2: byte 0xe9 is not UTF-8") as caught:
        load_manifest(path)
    assert caught.value.code == "UP-MAN-03"


def test_a_folder_without_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="upright init") as caught:
        load_manifest(tmp_path)
    assert caught.value.code == "UP-MAN-01"
