"""The scan says what loading would do, and does none of it."""

import os
import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest

from upright.kernel import InputError
from upright.modelfiles import Verdict, scan


class _Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_code_is_dangerous_and_does_not_run(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(_Bomb(tmp_path / "mark"), protocol=protocol))
    report = scan([tmp_path / "model.pkl"])
    assert report.verdict is Verdict.DANGEROUS
    assert report.exit_status == 1
    assert not (tmp_path / "mark").exists()


def test_an_array_written_by_joblib_is_clean_and_an_empty_file_is_not(tmp_path: Path) -> None:
    joblib.dump(np.zeros(4), tmp_path / "a.joblib")
    assert scan([tmp_path / "a.joblib"]).verdict is Verdict.CLEAN
    (tmp_path / "b.joblib").touch()
    assert scan([tmp_path / "b.joblib"]).verdict is not Verdict.CLEAN


def test_what_is_not_there_is_an_error_and_nothing_is_not_examined(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        scan([tmp_path / "none"])
    assert scan([tmp_path]).exit_status == 3
