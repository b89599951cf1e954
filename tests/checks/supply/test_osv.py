"""OSV matching against the pseudocode of the schema, on made ranges; aliases; severity against the specifications."""

import itertools
import random
from decimal import ROUND_CEILING, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from checks.supply.records import record, until
from upright.checks.supply.cvss import base_score, rating, rating_of_word
from upright.checks.supply.listed import Package, normal_name
from upright.checks.supply.osv import Match, Record, match, merged, rating_of
from upright.checks.supply.versions import SemVer, VersionError


def package(version: str, name: str = "torch", ecosystem: str = "PyPI") -> Package:
    return Package(ecosystem=ecosystem, name=normal_name(ecosystem, name), version=version)


def outcome(version: str, *events: dict[str, str], **more: object) -> str:
    ecosystem = str(more.get("ecosystem", "PyPI"))
    found = match(package(version, ecosystem=ecosystem), read(record("X-1", "torch", *events, **more)))
    return "not" if found is None else found.outcome


def read(value: dict) -> Record:
    return msgspec.convert(value, Record)


# ranges ----------------------------------------------------------------------------------------------------------


def pseudocode(version: str, events: list[dict[str, str]]) -> bool:
    """``IncludedInRanges`` of the OSV schema for one range, word for word."""
    v = Version(version)

    def at(text: str) -> Version:
        return Version("0.dev0") if text == "0" else Version(text)

    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or v < Version(limit) for limit in limits):
        return False
    vulnerable = False
    for event in sorted((e for e in events if "limit" not in e), key=lambda e: at(next(iter(e.values())))):
        if "introduced" in event and v >= at(event["introduced"]):
            vulnerable = True
        elif "fixed" in event and v >= at(event["fixed"]):  # noqa: SIM114 - as the schema writes it
            vulnerable = False
        elif "last_affected" in event and v > at(event["last_affected"]):
            vulnerable = False
    return vulnerable


VERSIONS = [
    "0.1.dev1",
    "0.1a1",
    "0.1",
    "0.1.post1",
    "1.0rc1",
    "1.0",
    "1.0.1",
    "1.1",
    "1.2",
    "1.10",
    "2.0b2",
    "2.0",
    "1!0.5",
]
POINTS = st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=6, unique=True)


@given(
    POINTS,
    st.sampled_from(["fixed", "last_affected"]),
    st.booleans(),
    st.integers(0, 999),
    st.sampled_from([None, "1.1", "*"]),
)
def test_ranges_are_evaluated_as_the_schemas_pseudocode_says(
    points: list[str], end: str, from_the_start: bool, seed: int, limit: str | None
) -> None:
    ordered = sorted(points, key=Version)
    kinds = itertools.cycle([end, "introduced"] if from_the_start else ["introduced", end])
    events = [{next(kinds): point} for point in ordered]
    if from_the_start:
        events.append({"introduced": "0"})
    if limit is not None:
        events.append({"limit": limit})
    random.Random(seed).shuffle(events)
    for version in VERSIONS:
        expected = "affected" if pseudocode(version, events) else "not"
        assert outcome(version, *events) == expected, (version, events)


@pytest.mark.parametrize(
    ("version", "events", "expected"),
    [
        ("1.9", until("2.0"), "affected"),
        ("2.0rc1", until("2.0"), "affected"),
        ("2.0", until("2.0"), "not"),
        ("2.0.0", until("2.0"), "not"),
        ("2.0+cu118", until("2.0"), "not"),
        ("1.9+cu118", until("2.0"), "affected"),
        ("2.0", ({"introduced": "0"}, {"last_affected": "2.0"}), "affected"),
        ("2.0+cu118", ({"introduced": "0"}, {"last_affected": "2.0"}), "affected"),
        ("2.0.post1", ({"introduced": "0"}, {"last_affected": "2.0"}), "not"),
        ("1.10", ({"introduced": "1.9"}, {"fixed": "1.11"}), "affected"),
        ("1!1.0", until("2.0"), "not"),
        ("99", ({"introduced": "0"},), "affected"),
        # what contradicts itself is not read as good news
        ("1.0", ({"introduced": "1.0"}, {"fixed": "1.0"}), "affected"),
        ("1.0", ({"fixed": "2.0"},), "affected"),
        # what cannot be placed is unknown
        ("1.0", ({"introduced": "0"}, {"fixed": "two"}), "unknown"),
        ("1.0-custom-build", until("2.0"), "unknown"),
    ],
)
def test_versions_of_pypi_are_ordered_by_pep_440(version: str, events: tuple, expected: str) -> None:
    assert outcome(version, *events) == expected


def test_listed_versions_count_also_where_no_range_fits_and_are_compared_as_versions() -> None:
    assert outcome("1.0.0", versions=["1.0"]) == "affected"
    assert outcome("1.0+local", versions=["1.0"]) == "affected"
    assert outcome("1.0.1", versions=["1.0"]) == "not"
    assert outcome("weird", versions=["weird"]) == "affected"
    assert outcome("3.0", *until("2.0"), versions=["3.0"]) == "affected"
    assert outcome("1.0", *until("2.0"), versions=["3.0"]) == "affected"
    assert outcome("1.0") == "unknown", "a package without any version says nothing, which is not good news"


def test_commits_alone_leave_it_open_and_beside_versions_do_not() -> None:
    commit = {"introduced": "0"}
    assert outcome("1.0", commit, kind="GIT") == "unknown"
    value = record("X-1", "torch", *until("2.0"))
    value["affected"][0]["ranges"].append({"type": "GIT", "repo": "https://host", "events": [commit]})
    assert match(package("3.0"), read(value)) is None
    value["affected"][0] |= {"ranges": value["affected"][0]["ranges"][1:], "versions": ["1.0"]}
    assert match(package("3.0"), read(value)) is None


def test_names_are_compared_as_the_ecosystem_does() -> None:
    value = read(record("X-1", "Typing_Extensions", *until("9")))
    assert match(package("1.0", "typing.extensions"), value) is not None
    assert match(package("1.0", "typing-extensions", "npm"), value) is None
    npm = read(record("X-1", "Left-Pad", *until("9.0.0"), ecosystem="npm", kind="SEMVER"))
    assert match(package("1.0.0", "left-pad", "npm"), npm) is None
    assert match(package("1.0.0", "Left-Pad", "npm"), npm) is not None


def test_a_withdrawn_record_counts_for_nothing() -> None:
    assert outcome("1.0", *until("2.0"), withdrawn="2026-01-01T00:00:00Z") == "not"


@pytest.mark.parametrize("ecosystem", ["npm", "Go", "crates.io"])
@pytest.mark.parametrize("kind", ["SEMVER", "ECOSYSTEM"])
def test_semantic_versions_have_their_own_order(ecosystem: str, kind: str) -> None:
    def of(version: str, *events: dict[str, str]) -> str:
        return outcome(version, *events, ecosystem=ecosystem, kind=kind)

    assert of("1.0.0-rc.2", *until("1.0.0-rc.11")) == "affected"
    assert of("v1.0.0+incompatible", *until("1.0.0")) == "not"
    assert of("1.9.0", *until("1.10.0")) == "affected"
    assert of("1.0", *until("2.0.0")) == "unknown"


def test_an_ecosystem_whose_order_is_not_known_is_told_by_its_lists_alone() -> None:
    assert outcome("1.0", *until("2.0"), ecosystem="Maven", versions=["1.0"]) == "affected"
    assert outcome("1.1", *until("2.0"), ecosystem="Maven", versions=["1.0"]) == "unknown"
    assert outcome("1.1", ecosystem="Maven", versions=["1.0"]) == "not"


def test_semantic_versions_stand_in_the_order_of_the_specification() -> None:
    """The chain of section 11 of Semantic Versioning 2.0.0."""
    chain = [f"1.0.0-{one}" for one in ("alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1")]
    chain += ["1.0.0", "2.0.0", "2.1.0", "2.1.1"]
    assert sorted(random.Random(3).sample(chain, len(chain)), key=SemVer) == chain
    for text in ("1", "1.0", "01.0.0", "1.0.0-", "1.0.0-a..b", "a.b.c", "1.0.0" + "0" * 300, "1.0.0\n"):
        with pytest.raises(VersionError):
            SemVer(text)


def test_the_fixes_named_are_those_that_come_after() -> None:
    value = read(record("X-1", "torch", {"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"fixed": "2.2"}))
    found = match(package("2.1"), value)
    assert found is not None
    assert found.fixed == ("2.2",)


# aliases ---------------------------------------------------------------------------------------------------------


def affected(name: str, *aliases: str, **more: object) -> Match:
    return Match(record=read(record(name, "torch", *until("2.0"), aliases=list(aliases), **more)), outcome="affected")


def test_records_that_name_each_other_or_a_third_are_one_vulnerability() -> None:
    found = merged(
        package("1.0"),
        [
            affected("PYSEC-2024-1", "CVE-2024-1"),
            affected("GHSA-aaaa", "CVE-2024-1", database_specific={"severity": "HIGH"}),
            affected("GHSA-bbbb", "CVE-2024-2"),
            affected("OTHER-1", "GHSA-cccc"),
            affected("GHSA-cccc"),
            affected("Z-1", "CVE-2024-2", "GHSA-cccc"),
        ],
    )
    assert [one.ids for one in found] == [("GHSA-aaaa", "PYSEC-2024-1"), ("GHSA-bbbb", "GHSA-cccc", "OTHER-1", "Z-1")]
    assert found[0].rating == "high"
    assert found[0].shown == "torch 1.0: CVE-2024-1 (GHSA-aaaa, PYSEC-2024-1), high, no fixed version is named"


@given(st.permutations(["A", "B", "C", "D", "E"]))
def test_the_order_of_records_does_not_change_what_is_one(order: list[str]) -> None:
    links = {"A": ["B"], "B": [], "C": ["D"], "D": [], "E": ["A", "C"]}
    found = merged(package("1.0"), [affected(name, *links[name]) for name in order])
    assert [one.ids for one in found] == [("A", "B", "C", "D", "E")]


# severity --------------------------------------------------------------------------------------------------------


def exact_31(c: tuple[str, ...]) -> Decimal:
    """The formula of CVSS 3.1, section 7.1, in exact decimals."""
    d = Decimal
    av = {"N": d("0.85"), "A": d("0.62"), "L": d("0.55"), "P": d("0.2")}[c[0]]
    ac = {"L": d("0.77"), "H": d("0.44")}[c[1]]
    wide = c[4] == "C"
    pr = {"N": d("0.85"), "L": d("0.68") if wide else d("0.62"), "H": d("0.5") if wide else d("0.27")}[c[2]]
    ui = {"N": d("0.85"), "R": d("0.62")}[c[3]]
    cia = [{"H": d("0.56"), "L": d("0.22"), "N": d(0)}[one] for one in c[5:]]
    iss = 1 - (1 - cia[0]) * (1 - cia[1]) * (1 - cia[2])
    impact = d("7.52") * (iss - d("0.029")) - d("3.25") * (iss - d("0.02")) ** 15 if wide else d("6.42") * iss
    if impact <= 0:
        return d(0)
    total = impact + d("8.22") * av * ac * pr * ui
    return min(total * d("1.08") if wide else total, d(10)).quantize(d("0.1"), rounding=ROUND_CEILING)


def test_every_base_vector_of_version_3_has_the_score_of_the_formula() -> None:
    seen = set()
    for c in itertools.product("NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN"):
        vector = "CVSS:3.1/AV:{}/AC:{}/PR:{}/UI:{}/S:{}/C:{}/I:{}/A:{}".format(*c)
        score = base_score(vector)
        assert score is not None
        assert Decimal(str(score)) == exact_31(c), vector
        seen.add(vector)
    assert len(seen) == 2_592


@pytest.mark.parametrize(
    ("vector", "score"),
    [  # examples of FIRST's own guides to versions 3.1 and 2.0
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 6.8),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0),
    ],
)
def test_published_examples_have_their_published_scores(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "text", ["", "CVSS:3.1/AV:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H", "HIGH", "9.8"]
)
def test_what_is_no_vector_of_these_versions_has_no_score(text: str) -> None:
    assert base_score(text) is None


def test_the_rating_is_the_worst_that_the_record_gives() -> None:
    low = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"}
    v4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}

    def of(**more: object) -> str | None:
        return rating_of(package("1.0"), read(record("X-1", "torch", *until("2.0"), **more)))

    assert of() is None
    assert of(severity=[low]) == "low"
    assert of(severity=[v4]) is None
    assert of(severity=[v4, low], database_specific={"severity": "CRITICAL"}) == "critical"
    assert of(database_specific={"severity": "MODERATE"}) == "medium"
    assert of(database_specific={"severity": [3]}) is None
    assert rating_of(package("1.0"), read(record("MAL-2026-1", "torch", *until("2.0")))) == "critical"
    assert rating_of_word("unheard of") is None
    assert [rating(score) for score in (0.0, 6.9, 7.0, 10.0)] == ["low", "medium", "high", "critical"]
