"""Files that hold pickles: joblib, compressed streams, numpy's files, zip and torch archives."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from modelfiles.assembler import read
from modelfiles.hostile_archives import GOOD_PICKLE, hostile_archives, npy, torch_zip, zipped
from upright.modelfiles import Verdict
from upright.modelfiles.limits import Limits

HOSTILE = hostile_archives()
VECTORS = Path(__file__).parents[1] / "vectors" / "modelfiles"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_found(name: str) -> None:
    each = HOSTILE[name]
    found = read(each.data)
    assert found.verdict.value in each.verdicts, found
    assert set(each.names) <= found.globals, found
    assert found.detections


def test_the_files_are_all_different() -> None:
    assert len({each.data for each in HOSTILE.values()}) == len(HOSTILE)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zips_of_clean_files_are_clean(method: int) -> None:
    found = read(zipped(("a.pkl", GOOD_PICKLE), ("b/c.npy", npy(bytes(8), descr="'<f8'")), method=method))
    assert (found.verdict, found.format) == (Verdict.CLEAN, "zip"), found


def test_a_zip_written_to_a_pipe_is_clean() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pkl", GOOD_PICKLE)
        archive.mkdir("folder")
    assert read(out.getvalue()).verdict is Verdict.CLEAN


def test_an_npz_is_named_so() -> None:
    out = io.BytesIO()
    np.savez(out, a=np.ones(2))
    assert read(out.getvalue()).format == "npz"


@pytest.mark.parametrize(
    "name", ["state_dict", "checkpoint", "kinds", "newer_kinds", "quantized", "parameter", "shared"]
)
def test_torch_state_dicts_are_clean(name: str) -> None:
    found = read((VECTORS / f"torch_{name}.pt").read_bytes())
    assert (found.verdict, found.format) == (Verdict.CLEAN, "torch"), found


def test_a_sparse_torch_tensor_is_not_clean_but_no_danger_either() -> None:
    """Where its values stand is not checked by torch when it is loaded; nothing of it runs."""
    found = read((VECTORS / "torch_sparse.pt").read_bytes())
    assert found.verdict is Verdict.SUSPICIOUS
    assert found.globals == {"torch._utils._rebuild_sparse_tensor"}, found.globals


def test_a_whole_torch_module_is_not_clean() -> None:
    found = read((VECTORS / "torch_whole_module.pt").read_bytes())
    assert found.verdict is Verdict.SUSPICIOUS
    assert "torch.nn.modules.linear.Linear" in found.globals


def test_torch_archives_hold_nothing_else() -> None:
    assert read(torch_zip(GOOD_PICKLE)).verdict is Verdict.CLEAN
    assert read(torch_zip(GOOD_PICKLE, ("m/more.bin", b"\0\1\2"))).verdict is Verdict.NOT_EXAMINED


def test_what_is_too_deep_too_many_or_too_large_is_not_examined() -> None:
    nested = zipped(("a", zipped(("b", zipped(("c", GOOD_PICKLE))))))
    assert read(nested).verdict is Verdict.CLEAN
    for bound in (Limits(depth=2), Limits(members=2), Limits(opcodes=3)):
        found = read(nested, bound)
        assert found.verdict is Verdict.NOT_EXAMINED
        assert "more than" in found.words
    many = zipped(("a.pkl", GOOD_PICKLE * 500), method=zipfile.ZIP_DEFLATED)
    assert read(many).verdict is Verdict.CLEAN
    assert "expands" in read(many, Limits(free_bytes=10, ratio=3)).words


def test_a_detection_in_an_archive_says_where() -> None:
    found = HOSTILE["zip-in-zip"]
    detection = read(found.data).detections[0]
    assert "in inner.bin: in data.pkl:" in detection.what
    assert detection.name == "os.system"
