"""What the libraries write is clean: every estimator of scikit-learn, pandas, numpy, joblib in each compression."""

from modelfiles.assembler import read
from modelfiles.benign import benign_files, models
from upright.modelfiles import Verdict


def test_models_as_libraries_write_them_are_clean() -> None:
    files = benign_files()
    found = {name: read(data) for name, data in files.items()}
    alarms = {name: one for name, one in found.items() if one.verdict is not Verdict.CLEAN}
    print(f"{len(alarms)} false alarms in {len(files)} files of {len(models())} models")
    assert alarms == {}
    assert len(files) > 400
    assert len(models()) > 200
    assert {"pickle", "joblib", "npy", "npz", "joblib+zlib", "joblib+lzma"} <= {one.format for one in found.values()}
