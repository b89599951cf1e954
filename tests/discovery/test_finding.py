"""What lies in a folder is told by its first bytes; nothing is loaded and no link is followed."""

import os
import pickle
import struct
from pathlib import Path

import joblib
import numpy as np
import pytest

from upright.discovery import find
from upright.discovery.files import MOST_DEPTH
from upright.modelfiles.likely import sniff


class _Bomb:
    """A pickle that leaves a mark when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def models_of(folder: Path) -> dict[str, str]:
    return {model.path: model.format for model in find(folder).models}


def test_a_model_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    with (tmp_path / "scorer.dat").open("wb") as stream:
        pickle.dump({"a": 1}, stream, protocol=4)
    joblib.dump(np.zeros(1000), tmp_path / "weights.joblib", compress=3)
    header = b'{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (tmp_path / "llm").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    found = models_of(tmp_path)
    assert set(found) == {"scorer.dat", "weights.joblib", "llm"}
    assert (found["scorer.dat"], found["llm"]) == ("pickle", "safetensors")


def test_looking_never_loads_a_model(tmp_path: Path) -> None:
    mark = tmp_path.parent / "loaded"
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(_Bomb(mark)))
    assert models_of(tmp_path) == {"model.pkl": "pickle"}
    assert not mark.exists()


@pytest.mark.parametrize("name", ["model.joblib", "model.onnx", "model.pt"])
def test_an_empty_file_with_a_models_name_is_something_to_ask_about(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert models_of(tmp_path) == {name: "empty"}


def test_notes_code_and_arrays_are_no_models(tmp_path: Path) -> None:
    for name in ("README.md", "train.py", "config.json", "notes.txt", "page.html"):
        (tmp_path / name).write_bytes(pickle.dumps("a note"))
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "LICENSE").write_text("I give this away.\n")
    (tmp_path / "run.log").write_text("Started.\n")
    assert models_of(tmp_path) == {}


def test_tables_are_found_in_every_form_that_a_manifest_may_name(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.csv", "b.CSV", "c.csv.gz", "d.jsonl", "data/e.parquet", "f.arrow"):
        (tmp_path / name).touch()
    (tmp_path / "g.xlsx").touch()
    assert find(tmp_path).tables == ("a.csv", "b.CSV", "c.csv.gz", "d.jsonl", "data/e.parquet", "f.arrow")


def test_a_signature_is_paired_with_its_model(tmp_path: Path) -> None:
    for name in ("a.joblib", "b.joblib", "c.joblib"):
        joblib.dump(np.zeros(3), tmp_path / name)
    (tmp_path / "a.joblib.sig").write_text("{}")
    (tmp_path / "b.sig").write_text("{}")
    assert {model.path: model.signature for model in find(tmp_path).models} == {
        "a.joblib": "a.joblib.sig",
        "b.joblib": "b.sig",
        "c.joblib": None,
    }


def test_links_hidden_folders_and_installed_packages_are_left_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n1\n")
    here = tmp_path / "here"
    for name in (".git", ".upright", "node_modules", "venv", "__pycache__", "kept"):
        (here / name).mkdir(parents=True)
        (here / name / "x.csv").write_text("a\n1\n")
    (here / "link").symlink_to(outside)
    (here / "link.csv").symlink_to(outside / "secret.csv")
    assert find(here).tables == ("kept/x.csv",)


def test_a_pipe_in_the_folder_does_not_stop_the_search(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.joblib")
    (tmp_path / "a.csv").write_text("a\n1\n")
    found = find(tmp_path)
    assert (found.models, found.tables) == ((), ("a.csv",))


def test_only_so_many_folders_deep_and_so_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*["d"] * (MOST_DEPTH + 1))
    deep.mkdir(parents=True)
    (deep / "too-deep.csv").touch()
    (deep.parent / "just.csv").touch()
    assert find(tmp_path).tables == ("d/" * MOST_DEPTH + "just.csv",)
    monkeypatch.setattr("upright.discovery.files.MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.csv").touch()
    found = find(tmp_path)
    assert len(found.tables) == 3
    assert not found.is_whole


def test_a_file_that_may_not_be_read_is_said_to_be_unreadable(tmp_path: Path) -> None:
    assert sniff(tmp_path / "gone.pkl") == "unreadable"
    (tmp_path / "empty.pkl").touch()
    assert sniff(tmp_path / "empty.pkl") == "empty"
