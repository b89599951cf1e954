"""The check ``model-file-scan`` with an organisation's own list: its digest is in the evidence."""

import hashlib
import json
from pathlib import Path

import pytest

from modelfiles.assembler import pickle4, short_text, stack_glob
from upright.checks.builtin.model_file_scan import MEASURES, model_file_scan
from upright.checks.contract import Binding, ModelSource
from upright.kernel.errors import InputError
from upright.kernel.refs import Ref

OURS = pickle4(stack_glob("my_company.models", "Scorer") + b")\x81}" + short_text("weight") + b"K\x01sb")
LIST = b"""allow: 1
reviewed_by: person:security
groups:
  - {id: ours, reason: Plain attributes., uses: [value, new, build], globals: {my_company.models: [Scorer]}}
"""


def result(folder: Path, **options: str):  # type: ignore[no-untyped-def]
    (folder / "model.pkl").write_bytes(OURS)
    (folder / "list.yaml").write_bytes(LIST)
    source = ModelSource(ref=Ref("model", "s/m"), path=folder / "model.pkl", digest="0" * 64, hold="bytes")
    binding = Binding(
        id="scan",
        system=Ref("system", "s"),
        check="model-file-scan",
        on=source,
        limits={name: {"at_most": "0"} for name in MEASURES},
    )
    return model_file_scan.make(**options)(binding, None)  # type: ignore[arg-type]


def test_with_the_list_it_passes_and_the_evidence_names_its_digest(tmp_path: Path) -> None:
    digest = hashlib.sha256(LIST).hexdigest()
    without, with_list = result(tmp_path), result(tmp_path, allow="list.yaml", allow_sha256=digest)
    assert (without.result, with_list.result) == ("failed", "passed")
    told, plain = (json.loads(each.artefacts[0].data) for each in (with_list, without))
    assert told["extended_by"] == digest
    assert plain["extended_by"] is None
    assert told["allow_list"] != plain["allow_list"]


def test_a_list_without_its_digest_or_with_another_is_refused(tmp_path: Path) -> None:
    for options in (
        {"allow": "list.yaml"},
        {"allow_sha256": "0" * 64},
        {"allow": "list.yaml", "allow_sha256": "0" * 64},
    ):
        with pytest.raises(InputError) as refused:
            result(tmp_path, **options)
        assert refused.value.code in {"UP-CHECK-68", "UP-CHECK-69"}
