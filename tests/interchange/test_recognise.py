"""What a file is, is told by what it holds; what is none of them, is hostile or is damaged, is refused with words."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interchange import foreign
from upright.interchange import KNOWN, ForeignFileError, read_findings
from upright.interchange import reading as room

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><testsuites><testsuite name="&b;"/></testsuites>'
)
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuites><testsuite name="&x;"/></testsuites>'
DECLARED = '<!DOCTYPE testsuites SYSTEM "http://127.0.0.1:9/x.dtd"><testsuites/>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty", b""),
        ("text.txt", b"just words\n"),
        ("numbers.csv", b"a,b\n1,2\n"),
        ("list.json", b"[1, 2]"),
        ("object.json", b'{"a": 1}'),
        ("binary", bytes(range(256))),
        ("lines.jsonl", b'{"a": 1}\n{"b": 2}\n'),
        ("garak-like.jsonl", b'{"entry_type": "unheard of"}\n'),
    ],
)
def test_an_unknown_file_is_refused_with_a_list_of_what_is_known(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ForeignFileError) as caught:
        read_findings(tmp_path / name)
    assert caught.value.code in {"UP-IMP-02", "UP-IMP-03"}
    if caught.value.code == "UP-IMP-03":
        assert all(form in caught.value.message for form in KNOWN)
    assert str(tmp_path) not in str(caught.value)


def test_an_unknown_folder_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignFileError, match="UP-IMP-03"):
        read_findings(tmp_path)
    with pytest.raises(ForeignFileError, match="UP-IMP-01"):
        read_findings(tmp_path / "absent")


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, DECLARED])
def test_xml_that_declares_entities_or_a_document_type_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "j.xml").write_text(text)
    with pytest.raises(ForeignFileError, match="declares a document type"):
        read_findings(tmp_path / "j.xml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<testsuites><testsuite>", "not XML"),
        ("<html/>", "its root is <html>"),
        ("<a>" * 300 + "</a>" * 300, "its root"),
        ("<testsuites>" + "<testsuite>" * 300 + "</testsuite>" * 300 + "</testsuites>", "beyond reason"),
        ("<testsuites>\x00</testsuites>", "not XML"),
    ],
)
def test_xml_of_another_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "j.xml").write_text(text)
    with pytest.raises(ForeignFileError, match=says):
        read_findings(tmp_path / "j.xml")


@pytest.mark.parametrize(
    ("matter", "says"),
    [
        ("license: &a [x]\ntags: *a\n", "aliases"),
        ("license: " + "[" * 300 + "]" * 300 + "\n", "beyond reason"),
        ("license: {\n", "not YAML"),
        ("- a list\n", "no YAML mapping"),
        ("title: a blog post\n", "nothing that a model card has"),
        ("license: !!python/object/apply:os.system ['touch ran']\nmodel-index: []\n", None),
    ],
)
def test_front_matter_is_read_without_aliases_or_objects(tmp_path: Path, matter: str, says: str | None) -> None:
    (tmp_path / "README.md").write_text(f"---\n{matter}---\n")
    if says is None:
        assert read_findings(tmp_path / "README.md").partial == ("it states no evaluation result",)
        assert not Path("ran").exists()
        return
    with pytest.raises(ForeignFileError, match=says):
        read_findings(tmp_path / "README.md")


def test_files_and_lines_beyond_reason_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = foreign.garak(tmp_path / "r.jsonl", [])
    monkeypatch.setattr(room, "LONGEST_LINE", 100)
    with pytest.raises(ForeignFileError, match="longer than"):
        read_findings(path)
    monkeypatch.setattr(room, "LARGEST", 100)
    with pytest.raises(ForeignFileError, match="more than"):
        read_findings(path)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["results", "runs", "metrics", "eval", "tests", "stats", "config", "metadata", "metric_results"]),
    SHAPES,
)
def test_a_known_file_with_a_part_of_any_other_shape_is_read_or_refused_with_words(
    tmp_path_factory: pytest.TempPathFactory, part: str, value: object
) -> None:
    folder = tmp_path_factory.getbasetemp()
    files = [
        foreign.promptfoo(folder / "p.json", [{}]),
        foreign.sarif(folder / "s.json", []),
        foreign.evidently(folder / "e.json", ["SUCCESS"]),
        foreign.evidently(folder / "d.json", ["SUCCESS"], dumped=True),
    ]
    (folder / "i.json").write_text(json.dumps(foreign.inspect_log()))
    refused: set[str] = set()
    for path in [*files, folder / "i.json"]:
        document = json.loads(path.read_text())
        targets = [document] + [one for one in document.values() if isinstance(one, dict)]
        for target in targets:
            if part in target:
                before, target[part] = target[part], value
                path.write_text(json.dumps(document))
                try:
                    found = read_findings(path)
                except ForeignFileError as why:
                    refused.add(why.code)
                else:
                    assert found.format in KNOWN
                target[part] = before
    assert refused <= {"UP-IMP-02", "UP-IMP-03"}
