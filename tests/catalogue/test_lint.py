"""Lint: our own data are sound, and each planted fault is found at its line."""

from pathlib import Path

import pytest

from upright.catalogue import lint
from upright.catalogue.loading import own_data

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    """Lays a changed copy of one of our files over our data; gives the line where the change stands."""

    def lay(name: str, old: str, new: str) -> tuple[Path, int]:
        text = (own_data() / name).read_text(encoding="utf-8")
        assert old in text, f"{name} no longer holds {old!r}"
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path, text[: text.index(old)].count("\n") + 1

    return lay


def test_our_own_catalogue_is_sound():
    assert lint() == []


def test_the_sector_overlay_is_sound():
    assert lint([REPOSITORY / "examples" / "sector-overlay"]) == []


REGISTER = (
    "  asks:\n  - all_of: [accountability-register]\n"
    "    about: organisation\n    mode: must_pass\n    fresh_for: P365D\n"
)
REASON = (
    "  shared_because: Whether a model file can run code is one fact per file; "
    "tooling, release, supplier and security clauses\n    all rest on it.\n"
)
FAULTS = {
    "a kind that nothing produces, with the near one": (
        "iso42001/requirements.yaml",
        "[context-analysis, ai-role-determination]",
        "[context-analisis, ai-role-determination]",
        "UP-CAT-07",
        'names evidence kind "context-analisis", which nothing produces. Did you mean "context-analysis"?',
    ),
    "a kind without producer": (
        "kinds.yaml",
        "  produced_by: document\n",
        "",
        "UP-CAT-07",
        "has no producer",
    ),
    "a requirement without ask": (
        "gdpr/requirements.yaml",
        REGISTER,
        "  asks: []\n",
        "UP-CAT-13",
        "asks for nothing",
    ),
    "a requirement whose asks are left out": (
        "gdpr/requirements.yaml",
        REGISTER,
        "",
        "UP-CAT-13",
        "asks for nothing",
    ),
    "a planned kind that no attestation may stand in for": (
        "eu-ai-act/requirements.yaml",
        "    attested: true\n",
        "",
        "UP-CAT-14",
        "no example can meet",
    ),
    "an ask about a subject that its kind does not speak of": (
        "nist-ai-rmf/requirements.yaml",
        "  - all_of: [business-case]\n    about: system\n",
        "  - all_of: [business-case]\n    about: dataset\n",
        "UP-CAT-14",
        'speaks about a system, the ask about a dataset',
    ),
    "a crosswalk to nowhere": (
        "nist-ai-rmf/crosswalk.yaml",
        "to: 'nist-ai-rmf:GOVERN-1.1'",
        "to: 'nist-ai-rmf:GOVERN-1.9'",
        "UP-CAT-15",
        'leads to "nist-ai-rmf:GOVERN-1.9"',
    ),
    "a crosswalk from nowhere": (
        "gdpr/crosswalk.yaml",
        "from: 'iso42001:A.2.2'",
        "from: 'iso42001:A.2.9'",
        "UP-CAT-15",
        'leads to "iso42001:A.2.9"',
    ),
    "a link that is there twice": (
        "nist-ai-rmf/crosswalk.yaml",
        "to: 'nist-ai-rmf:MAP-1.3'",
        "to: 'nist-ai-rmf:GOVERN-1.1'",
        "UP-CAT-12",
        "there twice",
    ),
    "a requirement id that is there twice": (
        "iso42001/requirements.yaml",
        "- id: A.2.3\n",
        "- id: A.2.2\n",
        "UP-CAT-12",
        '"A.2.2" is there twice',
    ),
    "a kind id that is there twice": ("kinds.yaml", "- id: drift\n", "- id: performance\n", "UP-CAT-12", "there twice"),
    "a kind that many ask for without a reason": (
        "kinds.yaml",
        REASON,
        "",
        "UP-CAT-16",
        'kind "model-file-scan" is asked for by',
    ),
    "a gate that names no requirement": (
        "gates.yaml",
        "{requirement: 'iso42001:6.1.2'",
        "{requirement: 'iso42001:6.1.9'",
        "UP-CAT-15",
        "the gate leads to",
    ),
    "a gate that names no kind": ("gates.yaml", "{kind: ai-system", "{kind: ai-sytem", "UP-CAT-07", "Did you mean"),
    "a stage that nobody knows": ("gates.yaml", "  retirement:\n", "  retiring:\n", "UP-CAT-17", "is no stage"),
    "a threat treated by nothing known": (
        "threats.yaml",
        "'iso42001:A.7.5'",
        "'iso42001:A.7.9'",
        "UP-CAT-15",
        "leads to",
    ),
    "a duration that is none": (
        "gdpr/requirements.yaml",
        "    fresh_for: P365D\n",
        "    fresh_for: 1 year\n",
        "UP-CAT-22",
        "is not a duration",
    ),
    "a trait that nobody asks": (
        "gdpr/requirements.yaml",
        "[special_category]",
        "[special_categories]",
        "UP-CAT-20",
        'Did you mean "special_category"?',
    ),
    "an outcome that brings an unknown duty": (
        "eu-ai-act/framework.yaml",
        "obligations: [AIA-50-1, AIA-50-5]",
        "obligations: [AIA-50-9, AIA-50-5]",
        "UP-CAT-24",
        'names obligation "AIA-50-9"',
    ),
    "a question that leads nowhere": (
        "eu-ai-act/framework.yaml",
        "        next: Q0-1\n",
        "        next: Q0-9\n",
        "UP-CAT-24",
        'leads to "Q0-9"',
    ),
    "an example that lacks a field": (
        "kinds.yaml",
        "{decision: Two reviewers",
        "{decison: Two reviewers",
        "UP-CAT-23",
        "lacks decision",
    ),
    "yaml that is none": ("gdpr/requirements.yaml", "requirements:\n", "requirements: [\n", "UP-CAT-01", "not YAML"),
    "a word that is not one of the modes": (
        "gdpr/requirements.yaml",
        "mode: must_be_done",
        "mode: must_be_dun",
        "UP-CAT-05",
        "must_be_dun",
    ),
    "a gate that names a kind and a requirement": (
        "gates.yaml",
        "{kind: ai-system, ",
        "{kind: ai-system, requirement: 'iso42001:6.1.2', ",
        "UP-CAT-17",
        "one of the two",
    ),
}  # fmt: skip
# The line that is named, where it is not the changed one itself: that of the item, ask or branch around the change.
LINES = {
    "a kind without producer": "- id: scope-statement",
    "a requirement without ask": "- id: GDPR-5-2",
    "a requirement whose asks are left out": "- id: GDPR-5-2",
    "a planned kind that no attestation may stand in for": "- all_of: [access-log]",
    "a kind that many ask for without a reason": "- id: model-file-scan",
    "a threat treated by nothing known": "- id: THR-DM-01",
    "a duration that is none": "- all_of: [legal-ground, privacy-notice]",
    "a trait that nobody asks": "- id: GDPR-9",
    "an outcome that brings an unknown duty": "- id: OUT-T1",
    "a question that leads nowhere": "if_yes:",
    "an example that lacks a field": "- id: leadership-record",
    "yaml that is none": "- id: GDPR-5-a",
    "a word that is not one of the modes": "- all_of: [group-fairness]",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_in_its_file_at_its_line(copy, name):
    file, old, new, code, says = FAULTS[name]
    folder, changed = copy(file, old, new)
    problems = [str(p) for p in lint([folder])]
    found = [p for p in lint([folder]) if p.code == code and says in p.message and p.file.endswith(file)]
    assert found, problems
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    expected = changed
    if name in LINES:  # the nearest such line before the change; a parser names the line at which it gave up
        last = changed + 1 if code == "UP-CAT-01" else changed
        expected = max(n for n in range(1, last + 1) if lines[n - 1].strip() == LINES[name])
    assert expected in {problem.line for problem in found}, problems


OVERLAY = {
    "framework.yaml": """\
id: mine
title: Mine
edition: '1'
kind: voluntary
confirmed: false
cautions: []
groups:
- id: G
  title: All
""",
    "kinds.yaml": """\
kinds:
- id: my-record
  meaning: A record.
  produced_by: record
  subject: [system]
  status: built
  fields: {type: object, required: [a], properties: {a: {type: string}}}
  example: {a: b}
""",
    "requirements.yaml": """\
requirements:
- id: M-1
  title: First
  text: First.
  group: G
  confirmed: false
  asks:
  - {all_of: [my-record], about: system, mode: must_pass}
- id: M-2
  title: Second
  text: Second.
  group: G
  confirmed: false
  asks:
  - {all_of: [my-record], about: system, mode: must_pass}
""",
    "crosswalk.yaml": """\
crosswalks:
- id: c
  title: C
  from: iso42001
  to: mine
  confirmed: false
  cautions: []
  strengths: {supports: helps}
  links:
  - {from: 'iso42001:A.8.2', to: 'mine:M-1', strength: supports}
""",
    "gates.yaml": """\
version: 1
judgement: own
confirmed: false
stages:
  deployment:
  - {requirement: 'mine:M-1', why: 'So.'}
""",
}
REFUSED = [
    ("kinds.yaml", "  produced_by: record\n", "", 2, "UP-CAT-07"),
    ("requirements.yaml", "my-record], about: system, mode: must_pass}\n- id: M-2",
     "no-such-kind], about: system, mode: must_pass}\n- id: M-2", 8, "UP-CAT-07"),
    ("requirements.yaml", "  asks:\n  - {all_of: [my-record], about: system, mode: must_pass}\n- id: M-2",
     "  asks: []\n- id: M-2", 2, "UP-CAT-13"),
    ("requirements.yaml", "about: system, mode: must_pass}\n- id: M-2",
     "about: dataset, mode: must_pass}\n- id: M-2", 8, "UP-CAT-14"),
    ("kinds.yaml", "status: built", "status: planned", 8, "UP-CAT-14"),
    ("crosswalk.yaml", "mine:M-1", "mine:M-9", 10, "UP-CAT-15"),
    ("crosswalk.yaml", "iso42001:A.8.2", "iso42001:A.8.99", 10, "UP-CAT-15"),
    ("requirements.yaml", "id: M-2", "id: M-1", 9, "UP-CAT-12"),
    ("requirements.yaml", "group: G", "group: H", 2, "UP-CAT-15"),
    ("gates.yaml", "mine:M-1", "mine:M-9", 6, "UP-CAT-15"),
    ("gates.yaml", "  deployment:", "  deploying:", 5, "UP-CAT-17"),
    ("framework.yaml", "kind: voluntary", "kind: wishful", 4, "UP-CAT-05"),
    ("kinds.yaml", "meaning: A record.", "meaning: [", 5, "UP-CAT-01"),
]  # fmt: skip


@pytest.fixture
def overlay(tmp_path):
    """A sound framework of one's own, in a folder to lay over ours."""
    (tmp_path / "mine").mkdir()
    for name, text in OVERLAY.items():
        (tmp_path / "mine" / name).write_text(text)
    return tmp_path


def test_the_overlay_that_the_faults_are_planted_in_is_sound(overlay):
    assert lint([overlay]) == []


@pytest.mark.parametrize(("file", "old", "new", "line", "code"), REFUSED)
def test_a_fault_of_an_overlay_is_named_by_file_and_line(overlay, file, old, new, line, code):
    path = overlay / "mine" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    found = {(Path(p.file).name, p.line, p.code) for p in lint([overlay])}
    where = "requirements.yaml" if new == "status: planned" else file
    assert (where, line, code) in found


def test_a_stage_that_requires_nothing_is_refused_at_its_line(tmp_path):
    text = (own_data() / "gates.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("  retirement:\n")
    (tmp_path / "gates.yaml").write_text(head + "  retirement: []\n")
    assert rest
    assert [(p.line, p.code) for p in lint([tmp_path])] == [(head.count("\n") + 1, "UP-CAT-18")]


def test_the_line_is_the_very_line_of_the_fault(copy):
    folder, line = copy("gates.yaml", "{kind: ai-system", "{kind: ai-sytem")
    assert [problem.line for problem in lint([folder])] == [line]


def test_a_management_requirement_keeps_an_ask_that_nothing_narrows(tmp_path):
    text = (own_data() / "iso42001" / "requirements.yaml").read_text(encoding="utf-8")
    old = "  - all_of: [customer-requirement, control-evaluation.a.10.4]\n    about: organisation\n"
    assert old in text
    path = tmp_path / "iso42001" / "requirements.yaml"
    path.parent.mkdir()
    path.write_text(text.replace(old, old + "    when: {modality: [llm]}\n"), encoding="utf-8")
    assert [p.code for p in lint([tmp_path])] == ["UP-CAT-19"]


def test_a_framework_without_its_head_is_reported_not_raised(tmp_path):
    path = tmp_path / "mine" / "requirements.yaml"
    path.parent.mkdir()
    path.write_text("requirements: []\n", encoding="utf-8")
    assert [p.code for p in lint([tmp_path])] == ["UP-CAT-04"]


def test_a_folder_that_is_not_there_is_reported_not_raised(tmp_path):
    assert [p.code for p in lint([tmp_path / "absent"])] == ["UP-CAT-03"]


@pytest.mark.parametrize(
    ("name", "text", "line", "code"),
    [
        ("kinds.yaml", "kinds: [\n", 2, "UP-CAT-01"),
        ("iso42001/requirements.yaml", "requirements: [\n", 2, "UP-CAT-01"),
        ("traits.yaml", "- \t x: [", 1, "UP-CAT-01"),
        ("stages.yaml", "stages: 3\n", 1, "UP-CAT-05"),
        ("kinds.yaml", "kinds:\n- {id: orphan}\n", 2, "UP-CAT-07"),
    ],
)
def test_what_only_follows_from_an_unreadable_file_is_counted_behind_it(tmp_path, name, text, line, code):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    root, rest = lint([tmp_path])
    assert (Path(root.file), root.line, root.code) == (path, line, code)
    assert (Path(rest.file), rest.code) == (path, "UP-CAT-25")
    assert int(rest.message.partition(" ")[0]) > 5


def test_a_fault_that_was_only_counted_is_said_once_the_file_can_be_read(overlay):
    requirements, traits = overlay / "mine" / "requirements.yaml", overlay / "traits.yaml"
    requirements.write_text(requirements.read_text().replace("my-record", "no-record"))
    traits.write_text("- \t x: [")
    assert not [one for one in lint([overlay]) if "no-record" in one.message]
    traits.unlink()
    assert {one.code for one in lint([overlay]) if "no-record" in one.message} == {"UP-CAT-07"}
