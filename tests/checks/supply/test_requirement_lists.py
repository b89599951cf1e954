"""Lists of packages: what is pinned is read, what is not is named, nothing hostile takes long or leaves a folder."""

import hashlib
import json
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from upright.checks.supply.listed import ListError, Listing
from upright.checks.supply.reading import read_list
from upright.checks.supply.requirements import digest_of_list, included

HASH = "--hash=sha256:" + "ab" * 32


def listed(path: Path, text: str, **others: str) -> Listing:
    for name, content in others.items():
        (path.parent / f"{name}.txt").write_text(content)
    path.write_text(text)
    return read_list(path)


def pins(listing: Listing) -> list[tuple[str, str]]:
    return [(one.name, one.version) for one in listing.packages]


def left(listing: Listing) -> dict[str, str]:
    return {one.what: one.why for one in listing.unread if one.counts}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "requirements.txt"


def test_pins_are_read_with_hashes_markers_extras_comments_and_joined_lines(path: Path) -> None:
    text = (
        "# a comment\n"
        f"Torch == 2.1.0 \\\n    {HASH} \\\n    {HASH}  # why\n"
        f'uvicorn[standard]==0.30.1 ; python_version < "3.13" {HASH}\n'
        f"typing_extensions===4.12.2 {HASH}\n"
        f"zope.interface==6.4#not-a-comment {HASH}\n"
    )
    found = listed(path, text)
    assert pins(found) == [("torch", "2.1.0"), ("typing-extensions", "4.12.2"), ("uvicorn", "0.30.1")]
    assert found.packages[0].hashes == ("ab" * 32,)
    assert found.packages[2].note == 'python_version < "3.13"'
    assert list(left(found)) == ["zope.interface==6.4#not-a-comment"]


def test_a_list_is_complete_only_if_every_pin_has_a_hash(path: Path) -> None:
    assert listed(path, f"a==1 {HASH}\nb==2 {HASH}\n").complete
    assert not listed(path, f"a==1 {HASH}\nb==2\n").complete
    assert not listed(path, "a==1\n").complete
    assert not listed(path, "").complete


@pytest.mark.parametrize(
    "line",
    [
        "flask",
        "flask>=2,<3",
        "flask==2.*",
        "flask~=2.0",
        "flask @ https://host/flask-2.0-py3-none-any.whl",
        "https://host/flask-2.0-py3-none-any.whl",
        "git+https://user:secret@host/flask.git@v2#egg=flask",
        "./flask-2.0-py3-none-any.whl",
        "-e .",
        "-e git+https://host/x#egg=x",
        "--editable ./here",
        "flask==${VERSION}",
        "-r https://host/more.txt",
        "-r missing.txt",
        "--an-option-of-tomorrow yes",
        "flask == 2.0 == nonsense",
    ],
)
def test_what_has_no_known_bytes_is_named_and_not_read_as_a_package(path: Path, line: str) -> None:
    found = listed(path, f"a==1 {HASH}\n{line}\n")
    assert pins(found) == [("a", "1")]
    assert len(left(found)) == 1
    assert not found.complete
    assert "secret" not in str(found)


def test_included_files_are_read_once_and_constraints_pin_what_has_no_version(path: Path) -> None:
    found = listed(
        path,
        "-r base.txt\n-r base.txt\n-c limits.txt\nFlask\nunpinned\n",
        base="-r requirements.txt\nnumpy==2.0.0\n",
        limits="flask==3.0.3\nnumpy==1.0\nnever-wanted==1.0\nranged>=1\n",
    )
    assert pins(found) == [("flask", "3.0.3"), ("numpy", "2.0.0")]
    assert list(left(found)) == ["unpinned"]


def test_an_included_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret-package==1\n")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    found = listed(folder / "requirements.txt", "-r ../outside.txt\n-r link.txt\n")
    assert found.packages == []
    assert set(left(found)) == {"-r ../outside.txt", "-r link.txt"}


def test_the_digest_of_a_list_changes_with_a_file_that_it_includes(path: Path) -> None:
    listed(path, "-r base.txt\n", base="numpy==2.0.0\n")
    before = digest_of_list(path)
    assert [one.name for one in included(path)] == ["requirements.txt", "base.txt"]
    (path.parent / "base.txt").write_text("numpy==1.0.0\n")
    assert digest_of_list(path) != before
    path.write_text("numpy==1\n")
    assert digest_of_list(path) == hashlib.sha256(b"numpy==1\n").hexdigest()


def test_an_index_of_ones_own_is_remarked_and_does_not_count_as_a_package(path: Path) -> None:
    found = listed(path, f"-i https://me:secret@host/\n-f ./wheels\n--pre\na==1 {HASH}\n")
    assert pins(found) == [("a", "1")]
    assert left(found) == {}
    assert [one.what for one in found.unread] == ["-f ./wheels", "-i https://host/"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"<bom/>", "is XML"),
        (b'{"spdxVersion": "SPDX-2.3"}', "SPDX"),
        (b'{"name": "other"}', "another kind"),
        (b'{"bomFormat": "CycloneDX", ', "not JSON"),
        (b'{"a":' * 5_000, "not JSON"),
    ],
)
def test_what_is_no_list_says_so(path: Path, data: bytes, says: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ListError, match=says):
        read_list(path)


def test_hostile_lists_end_soon(path: Path) -> None:
    found = listed(path, "\\\n" * 200_000 + "a==1" + " " * 300_000 + "\n" + "#" * 300_000 + "\nb==2" + "x" * 100_000)
    assert pins(found)[0] == ("a", "1")
    for at in range(70):
        (path.parent / f"r{at}.txt").write_text(f"-r r{at + 1}.txt\n")
    with pytest.raises(ListError, match="include each other"):
        listed(path, "-r r0.txt\n")
    with pytest.raises(ListError, match="more than 20,000"):
        listed(path, "".join(f"p{at}==1\n" for at in range(20_001)))


UV = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "own"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "torch" }]

[[package]]
name = "torch"
version = "2.1.0+cpu"
source = { registry = "https://packages.example/whl/cpu" }
wheels = [{ url = "https://host/torch.whl", hash = "sha256:%s" }]

[[package]]
name = "from-git"
version = "1.0"
source = { git = "https://host/x?rev=main#0123" }

[[package]]
name = "member"
version = "0.2.0"
source = { editable = "packages/member" }
""" % ("ab" * 32)

POETRY = """
[[package]]
name = "Jinja2"
version = "3.1.2"
optional = false
files = [{ file = "jinja2.whl", hash = "sha256:%s" }]

[[package]]
name = "gitty"
version = "1.0"
[package.source]
type = "git"
url = "https://host/gitty.git"
resolved_reference = "0123"

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
""" % ("cd" * 32)

PYLOCK = """
lock-version = "1.0"
created-by = "pip"

[[packages]]
name = "attrs"
version = "25.1.0"
marker = "python_version >= '3.11'"
[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"
hashes = { sha256 = "%s" }

[[packages]]
name = "here"
[packages.directory]
path = "./sub"

[[packages]]
name = "own"
[packages.directory]
path = "."
editable = true

[[packages]]
name = "unversioned"
[[packages.wheels]]
name = "x.whl"
hashes = { sha256 = "00" }
""" % ("ef" * 32)

PIPFILE = """{
 "_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6},
 "default": {
  "requests": {"hashes": ["sha256:%s"], "version": "==2.31.0", "markers": "python_version >= '3.7'"},
  "edited": {"editable": true, "path": "."}, "ranged": {"version": "*"}},
 "develop": {"pytest": {"version": "==8.0.0"}}
}""" % ("12" * 32)


@pytest.mark.parametrize(
    ("name", "text", "packages", "unread"),
    [
        ("uv.lock", UV, [("torch", "2.1.0+cpu")], {"from-git 1.0", "member 0.2.0"}),
        ("poetry.lock", POETRY, [("jinja2", "3.1.2")], {"gitty 1.0"}),
        ("pylock.toml", PYLOCK, [("attrs", "25.1.0")], {"here", "unversioned"}),
        ("Pipfile.lock", PIPFILE, [("pytest", "8.0.0"), ("requests", "2.31.0")], {"edited", "ranged"}),
    ],
)
def test_lock_files_are_told_apart_and_read(
    tmp_path: Path, name: str, text: str, packages: list[tuple[str, str]], unread: set[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    found = read_list(path)
    assert pins(found) == packages
    assert set(left(found)) == unread
    assert found.complete


def test_pylock_is_read_as_its_reference_implementation_reads_it(tmp_path: Path) -> None:
    text = PYLOCK.partition('\n[[packages]]\nname = "here"')[0]
    text = text.replace(
        "[[packages.wheels]]\n", '[[packages.wheels]]\nurl = "https://host/attrs-25.1.0-py3-none-any.whl"\n'
    )
    path = tmp_path / "pylock.toml"
    path.write_text(text)
    reference = Pylock.from_dict(tomllib.loads(text))
    assert pins(read_list(path)) == [(str(one.name), str(one.version)) for one in reference.packages]


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
@pytest.mark.parametrize(
    "text", ["", "[project]\nname='x'", "version = 1\npackage = 3", "= broken", "a = " + "[" * 9_999]
)
def test_toml_that_is_no_lock_file_says_so(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ListError):
        read_list(path)


def test_a_bill_of_materials_gives_its_packages_by_their_addresses(tmp_path: Path) -> None:
    component = {"type": "library", "name": "x"}
    inner = {**component, "purl": "pkg:cargo/a@1.0.0"}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {**component, "purl": "pkg:pypi/Typing_Extensions@4.12.2", "licenses": [{"license": {"id": "PSF-2.0"}}]},
            {**component, "purl": "pkg:npm/%40scope/name@1.2.3", "components": [inner]},
            {**component, "purl": "pkg:golang/github.com/a/b@v1.2.3?type=module#sub"},
            {**component, "purl": "pkg:maven/org.x/y@1.0"},
            {**component, "purl": "pkg:conda/z@1.0"},
            {**component, "purl": "pkg:pypi/unversioned"},
            {**component, "name": "nameless"},
            {**component, "purl": "not a purl"},
            {"type": "machine-learning-model", "name": "m"},
        ],
    }  # fmt: skip
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(bom))
    found = read_list(path)
    assert [(one.ecosystem, one.name, one.version) for one in found.packages] == [
        ("Go", "github.com/a/b", "v1.2.3"),
        ("Maven", "org.x:y", "1.0"),
        ("PyPI", "typing-extensions", "4.12.2"),
        ("crates.io", "a", "1.0.0"),
        ("npm", "@scope/name", "1.2.3"),
    ]
    assert found.packages[2].licence == "PSF-2.0"
    assert set(left(found)) == {"pkg:conda/z@1.0", "pkg:pypi/unversioned", "nameless", "not a purl"}
    assert [one.what for one in found.unread if not one.counts] == ["m"]
    assert found.complete
    path.write_text(json.dumps({**bom, "compositions": [{"aggregate": "incomplete"}]}))
    assert not read_list(path).complete


@pytest.mark.parametrize("components", [3, {"a": 1}, ["x"]])
def test_a_bill_of_another_shape_says_so(tmp_path: Path, components: object) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    with pytest.raises(ListError, match="components"):
        read_list(path)


def test_a_bill_nested_without_end_is_refused(tmp_path: Path) -> None:
    inner: dict = {"type": "library", "name": "x", "purl": "pkg:pypi/x@1"}
    for _ in range(60):
        inner = {"type": "library", "name": "x", "purl": "pkg:pypi/x@1", "components": [inner]}
    path = tmp_path / "bom.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [inner]}))
    with pytest.raises(ListError, match="nested"):
        read_list(path)
