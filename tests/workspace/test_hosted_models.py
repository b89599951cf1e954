"""A hosted model in a manifest: an address that cannot hold a secret, a digest of what is declared."""

from pathlib import Path

import pytest

from upright.catalogue import Catalogue
from upright.checks.contract import ModelSource
from upright.evidence.subjects import digest_endpoint
from upright.workspace import ManifestError, load_manifest
from upright.workspace.resolve import resolve

TEXT = """upright: 1
allow_external: true
organisation: {id: acme}
system:
  id: helper
  purpose: Answers questions of customers.
  roles: {iso42001: [user]}
  stage: operation-monitoring
  modality: llm
  personal_data: false
models:
  - {id: assistant, path: "URL", served_as: small, version: "2026-01"REST}
"""


def written(folder: Path, url: str = "https://models.example/v1", rest: str = "") -> Path:
    file = folder / "upright.yaml"
    file.write_text(TEXT.replace("URL", url).replace("REST", rest), encoding="utf-8")
    return file


def source_of(file: Path) -> ModelSource:
    manifest = load_manifest(file)
    return_value = resolve(manifest, Catalogue.load())
    found = next(one for one in return_value.subjects if one.ref.type == "model")
    assert found.hold == "declared"
    assert found.digest == digest_endpoint(manifest.models[0].path, model="small", version="2026-01")[0]
    assert manifest.models[0].key_env in {None, "MODEL_KEY"}
    from upright.workspace.resolve import _Resolver

    return _Resolver(manifest).model(manifest.models[0])


def test_a_hosted_model_is_tied_to_what_is_declared_of_it(tmp_path: Path) -> None:
    source = source_of(written(tmp_path, rest=", key_env: MODEL_KEY"))
    assert source.endpoint is not None
    assert (source.endpoint.url, source.endpoint.model, source.endpoint.version, source.endpoint.key_env) == (
        "https://models.example/v1", "small", "2026-01", "MODEL_KEY",
    )  # fmt: skip


def test_another_version_is_another_digest(tmp_path: Path) -> None:
    first = source_of(written(tmp_path)).digest
    assert digest_endpoint("https://models.example/v1", model="small", version="2026-02")[0] != first


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1", "http://localhost:1/v1", "https://host/v1/"])
def test_plain_http_is_taken_on_this_machine_alone(tmp_path: Path, url: str) -> None:
    assert load_manifest(written(tmp_path, url)).models[0].path == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "rest", "code"),
    [
        ("http://models.example/v1", "", "UP-MAN-25"),
        ("ftp://models.example/v1", "", "UP-MAN-25"),
        ("https:///v1", "", "UP-MAN-25"),
        ("https://me:secret@models.example/v1", "", "UP-MAN-22"),
        ("https://me@models.example/v1", "", "UP-MAN-22"),
        ("https://models.example/v1?key=secret", "", "UP-MAN-22"),
        ("https://models.example/v1", ", may_load: true", "UP-MAN-33"),
        ("https://models.example/v1", ", key_env: sk-12345", "UP-MAN-34"),
    ],
)
def test_what_could_hold_a_secret_or_reach_further_is_refused(tmp_path: Path, url: str, rest: str, code: str) -> None:
    with pytest.raises(ManifestError) as refused:
        load_manifest(written(tmp_path, url, rest))
    assert refused.value.code == code
    assert "upright.yaml:12" in str(refused.value)
    assert "secret" not in str(refused.value).replace("where secrets hide", "")


def test_a_file_takes_no_key(tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(b"x")
    with pytest.raises(ManifestError) as refused:
        load_manifest(written(tmp_path, "model.joblib", ", key_env: MODEL_KEY"))
    assert refused.value.code == "UP-MAN-33"


def test_an_address_needs_the_manifests_leave(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text().replace("allow_external: true\n", ""))
    with pytest.raises(ManifestError) as refused:
        load_manifest(file)
    assert refused.value.code == "UP-MAN-21"


def test_a_check_of_files_says_that_there_is_none(tmp_path: Path) -> None:
    from upright.checks.contract import Binding, Context
    from upright.checks.run import run_one
    from upright.kernel import Ref

    source = source_of(written(tmp_path))
    for check in ("model-file-scan", "model-signature"):
        binding = Binding(id=check, system=Ref("system", "helper"), check=check, on=source)
        found = run_one(binding, Context(seed=0, scratch=tmp_path, open_table=lambda _source: None)).predicate
        assert found.result == "errored"
        assert "UP-CHECK-90" in found.reasons[0].because or "hosted model" in found.reasons[0].because
