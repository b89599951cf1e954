"""What is said of torch, tried with torch itself: too large for every machine, so `make test-torch` installs it."""

import hashlib
import io
import os
import subprocess
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.running import Runner
from upright.checks.asking import AskingError
from upright.checks.contract import ModelSource
from upright.checks.models import Models, NoModelError
from upright.kernel import Ref
from upright.modelfiles import scan

torch = pytest.importorskip("torch", reason="torch is not installed; `make test-torch` installs it and runs this")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

FEATURES = ("a", "b", "c", "d")
ROWS = np.random.default_rng(5).normal(size=(200, 4))
COLUMNS = {name: ROWS[:, at] for at, name in enumerate(FEATURES)}


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wide, self.norm, self.last = torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.last(torch.relu(self.norm(self.wide(rows)))))


class Nested(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList([Block(), torch.nn.ModuleDict({"one": Block()})])
        self.words = torch.nn.Embedding(5, 3)
        self.register_buffer("places", torch.arange(3))


class Runs(torch.nn.Module):
    """As an attacker makes one: what it gives to pickle is a call."""

    def __init__(self, made: Any, *given: Any) -> None:
        super().__init__()
        self.call = made, given

    def __reduce__(self) -> Any:
        return self.call


def training() -> dict[str, Any]:
    net, found = Nested(), {}
    for kind in (torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop, torch.optim.LBFGS):
        optimizer = kind(net.parameters(), lr=0.01)
        optimizer.zero_grad()
        net.blocks[0](torch.rand(6, 4)).sum().backward()
        optimizer.step(lambda: torch.tensor(0.0))
        found[kind.__name__] = optimizer.state_dict()
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    return found | {"model": net.state_dict(), "schedule": schedule.state_dict(), "random": torch.get_rng_state()}


def views() -> dict[str, Any]:
    whole = torch.rand(4, 4)
    return {"a": whole, "b": whole.t(), "c": whole[1:, ::2], "empty": torch.empty(0), "half": whole.half()}


def dtypes() -> dict[str, Any]:
    names = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
    names += ["complex64", "complex128", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"]
    return {name: torch.zeros(3).to(getattr(torch, name)) for name in names}


def quantized() -> dict[str, Any]:
    kinds = (torch.qint8, torch.quint8, torch.qint32)
    return {str(kind): torch.quantize_per_tensor(torch.rand(4, 2), 0.1, 3, kind) for kind in kinds}


PLAIN: dict[str, Callable[[], Any]] = {
    "nested modules": lambda: Nested().state_dict(),
    "training": training,
    "views": views,
    "dtypes": dtypes,
    "quantized as a whole": quantized,
    "parameter": lambda: torch.nn.Parameter(torch.rand(2)),
    "tensor": lambda: torch.rand(300, 300),
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "zip": {},
    "before 1.6": {"_use_new_zipfile_serialization": False},
    "protocol 4": {"pickle_protocol": 4},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("what", PLAIN)
def test_what_holds_numbers_only_is_clean_however_torch_saves_it(tmp_path: Path, what: str, layout: str) -> None:
    torch.save(PLAIN[what](), tmp_path / "m.pt", **LAYOUTS[layout])
    (found,) = scan([tmp_path / "m.pt"]).to_json()["files"]
    assert found["verdict"] == "clean", found
    assert found["format"] == ("torch-stream" if layout == "before 1.6" else "torch")


HOSTILE: dict[str, Callable[[], Any]] = {
    "a module": lambda: Runs(os.system, "true"),
    "among tensors": lambda: {"a": torch.rand(2), "b": Runs(eval, "1")},
    "within a module": lambda: torch.nn.Sequential(torch.nn.Linear(2, 2), Runs(subprocess.check_output, ["true"])),
    "in the place of a hook": lambda: Runs(
        torch._utils._rebuild_tensor_v2, torch.rand(1).storage(), 0, (1,), (1,), False, Runs(exec, "1")
    ),
    "by torch's own loader": lambda: Runs(torch.load, "/other.pt"),
    "from the hub": lambda: Runs(torch.hub.load, "somebody/repository", "net"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("how", HOSTILE)
def test_what_runs_while_it_is_loaded_is_dangerous(tmp_path: Path, how: str, layout: str) -> None:
    torch.save(HOSTILE[how](), tmp_path / "m.pt", **LAYOUTS[layout])
    (found,) = scan([tmp_path / "m.pt"]).to_json()["files"]
    assert found["verdict"] == "dangerous"


def export(module: Any, path: Path, *, rows: Any = "any") -> None:
    shapes = None if rows == "fixed" else ({0: torch.export.Dim("rows")},)
    torch.export.save(torch.export.export(module, (torch.rand(3, 4),), dynamic_shapes=shapes), path)


def test_code_and_what_torch_does_not_check_are_suspicious(tmp_path: Path) -> None:
    torch.save(Nested(), tmp_path / "module.pt")
    torch.save({"coo": torch.eye(3).to_sparse(), "csr": torch.eye(3).to_sparse_csr()}, tmp_path / "sparse.pt")
    by_channel = torch.quantize_per_channel(torch.rand(2, 2), torch.ones(2), torch.zeros(2), 0, torch.qint8)
    torch.save(by_channel, tmp_path / "channel.pt")
    torch.jit.script(Block()).save(str(tmp_path / "script.pt"))
    export(Block().eval(), tmp_path / "exported.pt2")
    found = {Path(one["path"]).name: one["verdict"] for one in scan([tmp_path]).to_json()["files"]}
    assert found == dict.fromkeys(["module.pt", "sparse.pt", "channel.pt", "script.pt", "exported.pt2"], "suspicious")


@pytest.mark.parametrize("extent", [(0, (10**6,), (1,)), (10**6, (1,), (1,)), (0, (2,), (-1,)), (0, (2,), (10**6,))])
def test_what_is_called_clean_is_checked_against_its_storage_by_torch(tmp_path: Path, extent: Any) -> None:
    """The list says so as the reason why such calls are clean."""
    bytes_ = torch.zeros(8, dtype=torch.uint8).storage()
    whole = torch.quantize_per_tensor(torch.zeros(4), 0.1, 0, torch.qint8).storage()
    calls = [
        Runs(torch._utils._rebuild_tensor_v2, torch.zeros(4).storage(), *extent, False, OrderedDict()),
        Runs(torch._utils._rebuild_tensor_v3, bytes_, *extent, False, OrderedDict(), torch.uint16),
        Runs(torch._utils._rebuild_qtensor, whole, *extent, (torch.per_tensor_affine, 0.1, 0), False, OrderedDict()),
    ]
    for call in calls:
        made = io.BytesIO()
        torch.save(call, made)
        made.seek(0)
        with pytest.raises(RuntimeError, match=r"storage|Storage"):
            torch.load(made, weights_only=False)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


def source(path: Path, **more: Any) -> ModelSource:
    about: dict[str, Any] = {
        "ref": Ref("model", "s/net"), "path": path, "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "hold": "bytes", "features": FEATURES, "output": "predict_proba", "may_load": True,
    }  # fmt: skip
    return ModelSource(**about | more)


@pytest.mark.parametrize("precision", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("form", ["script", "trace", "frozen", "exported"])
def test_a_model_answers_in_the_sandbox_as_it_does_here(
    tmp_path: Path, models: Models, form: str, precision: Any
) -> None:
    net = Block().eval().to(precision)
    path = tmp_path / ("net.pt2" if form == "exported" else "net.pt")
    if form == "exported":
        shapes = ({0: torch.export.Dim("rows")},)
        torch.export.save(torch.export.export(net, (torch.rand(3, 4, dtype=precision),), dynamic_shapes=shapes), path)
    else:
        example = torch.rand(2, 4, dtype=precision)
        scripted = torch.jit.trace(net, example) if form == "trace" else torch.jit.script(net)
        (torch.jit.freeze(scripted) if form == "frozen" else scripted).save(str(path))
    with torch.inference_mode():
        expected = net(torch.from_numpy(ROWS).to(precision)).numpy()[:, 0]
    session = models.open(source(path))
    assert session.about.library == f"torch {torch.__version__}"
    np.testing.assert_allclose(session.scores(COLUMNS), expected, rtol=0, atol=1e-7)
    one = {name: values[:1] for name, values in COLUMNS.items()}
    np.testing.assert_allclose(session.scores(one), expected[:1], rtol=0, atol=1e-6)


class Two(Block):
    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return rows, rows


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("state dict", r"no torch model that runs by itself; expected TorchScript .* export it"),
        ("module", r"no torch model that runs by itself"),
        ("nonsense", r"no torch model that runs by itself"),
        ("fixed", r"takes exactly 3 rows; export it with `dynamic_shapes"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_do(tmp_path: Path, models: Models, what: str, said: str) -> None:
    path = tmp_path / "net.pt"
    if what == "fixed":
        export(Block().eval(), path, rows="fixed")
    elif what == "nonsense":
        path.write_bytes(b"PK\x03\x04 this is none")
    else:
        torch.save(Block().state_dict() if what == "state dict" else Block(), path)
    with pytest.raises(NoModelError, match=said):
        models.open(source(path))


def test_a_model_that_gives_more_than_a_tensor_is_refused(tmp_path: Path, models: Models) -> None:
    torch.jit.script(Two()).save(str(tmp_path / "net.pt"))
    with pytest.raises((NoModelError, AskingError), match="gives a tuple; one tensor is expected"):
        models.open(source(tmp_path / "net.pt")).scores(COLUMNS)


MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user]}
  stage: verification-validation
  modality: tabular
models:
  - {id: scorer, path: NET, may_load: true, features: [a, b, c, d], output: predict_proba, positive: 1,
     threshold: "0.5"}
datasets:
  - {id: now, path: now.parquet, role: evaluation, columns: {label: good, prediction: decision, score: p},
     predictions_of: scorer, protected: [group], favourable: 1}
  - {id: later, path: later.parquet, role: production, columns: {label: good, prediction: decision, score: p},
     predictions_of: scorer, protected: [group], favourable: 1}
checks:
  performance: {on: dataset:now, limits: {auc: {at_least: "0.7"}}}
  group-fairness: {on: dataset:now, limits: {selection_rate_difference: {at_most: "0.2"}}}
  drift: {on: dataset:later, against: dataset:now}
  explainability: {on: model:scorer, against: dataset:now}
  adversarial-robustness: {on: model:scorer, against: dataset:now, limits: {flipped_within_budget: {at_most: "0.95"}}}
"""


def learnt() -> Any:
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1), torch.nn.Sigmoid())
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    rows = torch.from_numpy(np.random.default_rng(7).normal(size=(1000, 4))).float()
    wanted = (2 * rows[:, :1] - rows[:, 1:2] > 0).float()
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(net(rows), wanted).backward()
        optimizer.step()
    return net.eval()


@pytest.mark.parametrize("form", ["net.pt", "net.pt2"])
def test_a_torch_model_is_assessed_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    net = learnt()
    if form == "net.pt":
        torch.jit.script(net).save(form)
    else:
        export(net, Path(form))
    draw = np.random.default_rng(9)
    for name, shift in (("now", 0.0), ("later", 1.0)):
        rows = draw.normal(size=(1500, 4)) + np.array([shift, 0, 0, 0])
        with torch.inference_mode():
            p = net(torch.from_numpy(rows).float()).double().numpy()[:, 0]
        good = (2 * rows[:, 0] - rows[:, 1] + draw.normal(size=1500) * 0.5 > 0).astype(int)
        told = {"good": good, "p": p, "decision": (p >= 0.5).astype(int), "group": draw.integers(0, 2, 1500)}
        pq.write_table(pa.table(dict(zip(FEATURES, rows.T, strict=True)) | told), f"{name}.parquet")
    Path("upright.yaml").write_text(MANIFEST.replace("NET", form))
    answer = Runner(capsys)("assess", "--format", "json")
    found = {each["binding"]: each for each in answer.document["checks"]}
    outcomes = {name: each["outcome"] for name, each in found.items()}
    passed = dict.fromkeys(["performance", "group-fairness", "adversarial-robustness"], "passed")
    assert outcomes == passed | {"drift": "failed", "explainability": "undecided"}, found
    shown = Runner(capsys)("evidence", "show", found["performance"]["evidence"], "--format", "json").document
    assert shown["statement"]["predicate"]["reproduced"] == "yes"
    assert found["explainability"]["reasons"][0]["because"].startswith("no limit")
    strongest = [one for one in found["explainability"]["measurements"] if one["name"] == "importance"]
    assert strongest
