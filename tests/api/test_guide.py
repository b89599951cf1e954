"""What the guide tells to type works as told, against a real server."""

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from records.organisation import Organisation, actor_of
from upright.records.identity.token_actions import issue_token
from upright.records.trail.server_log import now

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (package curl)")
def test_the_commands_of_the_guide_do_what_it_says(meridian_committed: Organisation, live_server: Any) -> None:
    owner = meridian_committed.owner
    end = now() + timedelta(days=1)
    _, text = issue_token(owner, name="Guide", expires_at=end, actor=actor_of(owner))
    blocks = re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    commands = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert len(commands) == 5
    known = {"UPRIGHT": live_server.url, "TOKEN": text, "OWNER": owner.ref, "PATH": os.environ["PATH"]}
    said = []
    for command in commands:
        run = subprocess.run(["bash", "-c", command], env=known, capture_output=True, text=True, check=True, timeout=60)
        said.append(json.loads(run.stdout))
    made, read, listed, changed, past = said
    assert made == read
    assert (made["ref"], made["version"]) == ("system:mortgage", 1)
    assert listed == {"items": [made], "next": None}
    assert (changed["version"], changed["record"]["personal_data"]) == (2, True)
    assert [one["reason"] for one in past["items"]] == ["In use since March.", "The ages are in it."]
