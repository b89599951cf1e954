"""Boosters within pickles: the bytes that a native library is given are read first, and nothing else is given to it."""

import pickle
from typing import Any

import pytest

from modelfiles.assembler import Read, read
from modelfiles.benign import boosted, dumped
from upright.modelfiles import Verdict


def booster(module: str, state: dict[str, Any], protocol: int = 4) -> bytes:
    """A pickled ``module.Booster`` with this state; written here, so that no library checks it."""
    plain = pickle.dumps(state, protocol)
    head, start = (0, 0) if protocol < 2 else (2, 2 if protocol < 4 else 11)
    return plain[:head] + f"c{module}\nBooster\n)\x81".encode("latin-1") + plain[start:-1] + b"b."


def xgb(handle: Any, protocol: int = 4) -> Read:
    return read(booster("xgboost.core", {"handle": handle}, protocol))


def lgb(protocol: int = 4, **state: Any) -> Read:
    return read(booster("lightgbm.basic", {"_network": False, **state}, protocol))


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    made = dict(boosted())
    return {
        "xgb": made["xgb-booster"].__getstate__()["handle"],
        "lgb": made["lgb-booster"].__getstate__()["_handle"],
        "models": made,
    }


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_of_a_real_booster_is_clean(states: dict[str, Any], protocol: int) -> None:
    files = {name: dumped(model, protocol) for name, model in states["models"].items()}
    assert {
        name: found.words for name, data in files.items() if (found := read(data)).verdict is not Verdict.CLEAN
    } == {}
    assert len(files) > 15


def test_the_stand_in_is_clean_with_a_real_booster(states: dict[str, Any]) -> None:
    assert xgb(states["xgb"]).verdict is Verdict.CLEAN
    assert xgb(None).verdict is Verdict.CLEAN
    assert lgb(_handle=states["lgb"]).verdict is Verdict.CLEAN
    assert lgb(handle=states["lgb"]).verdict is Verdict.CLEAN


def test_bytes_that_are_no_booster_are_never_clean(states: dict[str, Any]) -> None:
    real = bytes(states["xgb"])
    foreign = real.replace(b"Config", b"Konfig")
    native = real[real.index(b"{", real.index(b"Model")) : -1]
    for tried in (b"", b"junk", real[:-1], real + b"x", foreign, native, b"CONFIG-offset:" + real):
        for protocol in (2, 4, 5):
            assert xgb(bytearray(tried), protocol).verdict is not Verdict.CLEAN, (tried[:20], protocol)


def test_a_handle_that_is_no_bytearray_is_refused(states: dict[str, Any]) -> None:
    for handle in (4_096, "text", bytes(states["xgb"]), [states["xgb"]], {"a": 1}):
        assert xgb(handle).verdict is Verdict.SUSPICIOUS, type(handle)
    assert read(booster("xgboost.core", {"other": 1})).verdict is Verdict.SUSPICIOUS


def test_a_handle_that_would_be_freed_as_an_address_is_refused(states: dict[str, Any]) -> None:
    for handle in (4_096, b"bytes", [1], bytearray(b"tree")):
        assert lgb(_handle=handle).verdict is Verdict.SUSPICIOUS, type(handle)
    assert lgb(_handle=None, handle=states["lgb"]).verdict is Verdict.SUSPICIOUS
    assert lgb().verdict is Verdict.SUSPICIOUS


def test_a_text_that_lightgbm_does_not_write_is_never_clean(states: dict[str, Any]) -> None:
    real: str = states["lgb"]
    for tried in ("", "tree", real[:300], real.replace("end of trees", "end\0of trees"), real + "\nos.system"):
        for protocol in (0, 2, 4):
            assert lgb(protocol, _handle=tried).verdict is not Verdict.CLEAN, (tried[-20:], protocol)


def test_a_pickle_hidden_in_a_booster_is_found(states: dict[str, Any]) -> None:
    hidden = pickle.dumps(0)[:2] + b"cos\nsystem\n\x8c\x04true\x85R."
    found = xgb(bytearray(bytes(states["xgb"]) + hidden))
    assert found.verdict is Verdict.DANGEROUS
    assert found.globals == {"os.system"}
    assert "its booster" in found.words


def test_a_bytearray_filled_later_is_not_taken_for_what_it_was(states: dict[str, Any]) -> None:
    """``bytearray.extend`` through APPENDS would change the bytes after they were looked at."""
    body = pickle.dumps(states["xgb"], 5)
    name = b"cxgboost.core\nBooster\n)\x81}\x8c\x06handle"
    data = body[:2] + name + body[11:-1] + b"(K\x7be" + b"sb."
    assert read(data).verdict is not Verdict.CLEAN


def test_a_callback_that_writes_files_is_not_on_the_list() -> None:
    found = read(b"\x80\x04cxgboost.callback\nTrainingCheckPoint\n)\x81.")
    assert found.verdict is Verdict.SUSPICIOUS
    assert found.globals == {"xgboost.callback.TrainingCheckPoint"}
