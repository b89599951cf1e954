"""Which checks there are, and what packages may add."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from types import ModuleType
from typing import Any

import pytest

from upright.checks import registry
from upright.checks.contract import CheckResult, CheckSpec, Run, check
from upright.checks.registry import UnknownCheckError, checks, find_check


def spec(name: str) -> CheckSpec:
    def made() -> Run:
        """A check of another package."""
        return lambda _binding, _context: CheckResult(result="undecided")

    return check(name, version="1", kinds=("data-quality",))(made)


@pytest.fixture
def offering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Entry points of a package that is not really installed."""

    def offer(**values: Any) -> None:
        module = ModuleType("outside")
        points = []
        for name, value in values.items():
            setattr(module, name, value)
            points.append(EntryPoint(name=name, value=f"outside:{name}", group=registry.GROUP))
        monkeypatch.setitem(sys.modules, "outside", module)
        monkeypatch.setattr(registry, "entry_points", lambda *, group: EntryPoints(points).select(group=group))
        checks.cache_clear()

    yield offer
    checks.cache_clear()


def test_ours_are_found_by_their_file() -> None:
    assert {
        "group-fairness",
        "performance",
        "data-quality",
        "data-provenance",
        "model-file-scan",
        "model-signature",
    } <= (set(checks()))
    assert all(name == spec.name for name, spec in checks().items())


def test_a_package_adds_a_check_by_entry_point(offering: Any) -> None:
    offering(mine=spec("my-own"))
    assert find_check("my-own").about_text == "A check of another package."
    assert "performance" in checks()


def test_ours_is_found_without_importing_the_others_and_whatever_packages_offer(offering: Any) -> None:
    offering(mine=spec("performance"), broken=None)
    assert find_check("performance").make.__module__ == "upright.checks.builtin.performance"
    program = (
        "import sys; from upright.checks.registry import find_check; find_check('model-file-scan'); "
        "print([name for name in sys.modules if name.startswith('upright.checks.builtin.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['upright.checks.builtin.model_file_scan']"


@pytest.mark.parametrize("name", ["group_fairness", "__init__", "../builtin/drift", "", "builtin"])
def test_a_files_name_is_no_checks_name(name: str) -> None:
    with pytest.raises(UnknownCheckError, match="UP-CHECK-21"):
        find_check(name)


def test_a_package_cannot_replace_one_of_ours_nor_two_packages_share_a_name(offering: Any) -> None:
    offering(mine=spec("performance"))
    with pytest.raises(UnknownCheckError, match=r"outside:mine offers a check 'performance'.*UP-CHECK-23"):
        checks()
    offering(one=spec("twice"), two=spec("twice"))
    with pytest.raises(UnknownCheckError, match=r"outside:two offers a check 'twice'.*UP-CHECK-23"):
        checks()


@pytest.mark.parametrize("value", [None, "performance", lambda: None, CheckSpec])
def test_an_entry_point_that_is_no_check_is_refused_by_name(offering: Any, value: Any) -> None:
    offering(mine=value)
    with pytest.raises(UnknownCheckError, match=r"mine = outside:mine .*is not a check.*UP-CHECK-22"):
        checks()


def test_an_entry_point_that_cannot_be_loaded_is_refused_by_name(
    offering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = EntryPoints([EntryPoint(name="gone", value="no_such_package_at_all:made", group=registry.GROUP)])
    monkeypatch.setattr(registry, "entry_points", lambda *, group: gone.select(group=group))
    checks.cache_clear()
    with pytest.raises(UnknownCheckError, match=r"gone = no_such_package_at_all:made.*cannot be loaded.*UP-CHECK-24"):
        checks()
    checks.cache_clear()


def test_an_unknown_check_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownCheckError, match=r"'group-fairnes'. Did you mean 'group-fairness'.*UP-CHECK-21"):
        find_check("group-fairnes")
    with pytest.raises(UnknownCheckError, match=r"There are: .*data-quality.*UP-CHECK-21"):
        find_check("zzzzzz")
