"""The example of a language model, on a real one: a small model on loopback, asked by ``upright assess``. Slow."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "assistant"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the served model, and the folder that its file lies in."""
    pytest.importorskip("xllamacpp", reason="needs `pip install 'upright[assistant]'`")
    folder = tmp_path_factory.mktemp("assistant")
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, EXAMPLE / "serve.py", "--port", "0", "--folder", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield server.stdout.readline().strip(), folder
    finally:
        server.stdin.close()
        server.wait(timeout=30)
        server.stdout.close()


@pytest.mark.slow
def test_a_real_model_is_attacked_and_asked_and_what_the_budget_did_not_reach_is_listed(served, tmp_path):
    url, folder = served
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
    shutil.copytree(EXAMPLE, tmp_path / "assistant", ignore=shutil.ignore_patterns("*.gguf", ".upright"))
    manifest = tmp_path / "assistant" / "upright.yaml"
    text = manifest.read_text(encoding="utf-8")
    text = text.replace("http://127.0.0.1:8765/v1", url)
    text = text.replace("most_tokens: 64, requests: 400", "most_tokens: 12, families: [prompt-leakage], requests: 14")
    text = text.replace("most_tokens: 32, requests: 200", "most_tokens: 8, requests: 6")
    manifest.write_text(text, encoding="utf-8")
    (tmp_path / "assistant" / "gemma-3-270m-q4_k_m.gguf").hardlink_to(folder / "gemma-3-270m-q4_k_m.gguf")
    done = subprocess.run(
        [sys.executable, "-m", "upright", "assess", "--format", "json"],
        cwd=tmp_path / "assistant",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {1, 3}, done.stderr
    checks = {check["binding"]: check for check in json.loads(done.stdout)["checks"]}
    assert {check["outcome"] for check in checks.values()} <= {"passed", "failed", "undecided"}
    (leakage,) = checks["llm-red-team"]["measurements"]
    assert leakage["group"] == {"family": "prompt-leakage"}
    assert leakage["n"] == 14
    assert 0.0 <= leakage["low"] <= leakage["value"] <= leakage["high"] <= 1.0
    assert checks["llm-quality"]["outcome"] == "undecided"
    assert {checks[name]["outcome"] for name in ("model-file-scan", "pii-scan", "aibom")} == {"passed"}
    blobs = [path.read_bytes() for path in (tmp_path / "assistant" / ".upright" / "blobs").rglob("*") if path.is_file()]
    replies = [json.loads(line) for blob in blobs for line in blob.splitlines() if b'"probe"' in line]
    assert len(replies) == 14
    assert any(line["reply"]["text"].strip() for line in replies), "a real model says something"
