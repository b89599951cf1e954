"""What ``deploy/`` names is there: commands, options, files, and a pg_dump as new as the server that it dumps."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from upright.cli.main import app

DEPLOY = Path(__file__).parents[2] / "deploy"
OPERATIONS = DEPLOY.parent / "docs" / "guide" / "operations.md"


def known(words: list[str]) -> set[str]:
    """The options of these words that their command lacks."""
    command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    return {word for word in words if word.startswith("--")} - options


def test_the_compose_file_starts_what_there_is_and_publishes_to_loopback_alone() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    server = services["upright"]
    assert known(server["command"]) == set()
    assert [port.rpartition(":")[0].partition(":")[0] for port in server["ports"]] == ["127.0.0.1"]
    assert "ports" not in services["database"]
    assert server["cap_drop"] == ["ALL"]
    served = re.search(r"postgres:(\d+)", services["database"]["image"])
    client = re.search(r"postgresql-client-(\d+)", (DEPLOY / "Containerfile").read_text())
    assert served
    assert client
    assert served[1] == client[1]


def test_the_container_runs_what_there_is_without_rights() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    (command,) = [line for line in lines if line.startswith("CMD ")]
    assert known(re.findall(r'"([^"]+)"', command)) == set()
    assert "USER upright" in lines
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert [word for word in copied if not (DEPLOY.parent / word).exists()] == []


def test_the_image_and_its_database_are_of_one_debian_and_install_an_extra_that_there_is() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    database = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["database"]["image"]
    assert {image.rpartition("-")[2] for image in (*images, database)} == {"trixie"}
    extras = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"'\.\[([a-z]+)\]'", text)) <= set(extras)


@pytest.mark.parametrize("where", [DEPLOY / "compose.yaml", DEPLOY / "upright.service", OPERATIONS])
def test_how_the_first_two_people_are_made_is_said_where_one_deploys(where: Path) -> None:
    """A server that was begun without them serves, and nobody can log in."""
    text = re.sub(r"\\\n#? *", "", where.read_text())
    (words,) = re.findall(r"upright (serve --organisation meridian [^\n(#]*)", text)
    assert known(words.split()) == set()
    assert {"--administrator", "--manager", "--prepare-only"} < set(words.split())


def test_every_variable_that_deploying_sets_is_read_by_the_product() -> None:
    set_here = {name for path in DEPLOY.iterdir() for name in re.findall(r"UPRIGHT_[A-Z_]+", path.read_text())}
    sources = "".join(path.read_text() for path in (DEPLOY.parent / "src").rglob("*.py"))
    of_compose = {"UPRIGHT_DATABASE_PASSWORD", "UPRIGHT_ORGANISATION"}  # compose puts them into other values
    assert {name for name in set_here - of_compose if name not in sources} == set()


def unit_of(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name)
    return unit


def test_both_units_are_bound_alike_and_leave_a_model_its_own_sandbox() -> None:
    own = {"ExecStart", "Restart"}
    server, worker = (
        {name: value for name, value in unit_of(one)["Service"].items() if name not in own}
        for one in ("upright.service", "upright-worker.service")
    )
    assert server == worker
    # without these a child that loads a model could not bound which files it reads
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} < set(
        server["SystemCallFilter"].split()
    )


@pytest.mark.parametrize("name", ["upright.service", "upright-worker.service"])
def test_the_unit_starts_what_there_is_without_rights(name: str) -> None:
    unit = unit_of(name)
    program, *words = unit["Service"]["ExecStart"].split()
    assert program == "/opt/upright/bin/upright"
    assert known(words) == set()
    assert (unit["Service"]["DynamicUser"], unit["Service"]["NoNewPrivileges"]) == ("yes", "yes")
