"""A program in garak's place: takes its arguments and environment, asks the address, writes a report in its format.

The format is that of ``tests/vectors/garak/found.report.jsonl``, which garak 0.17.1 wrote.
"""

import json
import sys
from pathlib import Path

_PROGRAM = """#!{python}
import json, os, sys, time, urllib.request
from pathlib import Path
script = json.loads(Path({script!r}).read_text())
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
config = json.loads(Path(given["--config"]).read_text())
assert config["run"]["seed"] >= 0 and os.environ["HF_HUB_OFFLINE"] == "1" and "HOME" in os.environ
key = os.environ["OPENAICOMPATIBLE_API_KEY"]
assert key == "none" or key not in " ".join(sys.argv) + json.dumps(config)
Path({script!r} + ".seen").write_text(json.dumps([given["--spec"], sorted(os.environ), key]))
if script["does"] == "says":
    sys.exit("no such probe in " + os.getcwd())
uri = config["plugins"]["generators"]["openai"]["OpenAICompatible"]["uri"]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
report = Path(config["reporting"]["report_dir"], given["--report_prefix"] + ".report.jsonl").open("w")
def write(**row):
    report.write(json.dumps(row) + "\\n")
    report.flush()
write(entry_type="start_run setup", **{{"run.generations": 1, "plugins.target_name": "m"}})
write(entry_type="init", garak_version="0.17.1", start_time="2026-05-01T10:00:00", run="r")
prompts = config["run"]["soft_probe_prompt_cap"]
for probe in given["--spec"].split(","):
    probe = probe.removeprefix("probes.")
    broke = 0
    for at in range(prompts):
        body = json.dumps({{"model": "m", "messages": [{{"role": "user", "content": f"attack {{at}}"}}]}}).encode()
        headers = {{"content-type": "application/json", "authorization": "Bearer " + key}}
        asked = urllib.request.Request(uri + "/chat/completions", body, headers)
        text = json.load(opener.open(asked, timeout=5))["choices"][0]["message"]["content"]
        broke += "LEAK" in text
        turn = {{"role": "user", "content": {{"text": f"attack {{at}}"}}}}
        row = dict(entry_type="attempt", uuid=f"{{probe}}-{{at}}", seq=at, probe_classname=probe,
                   prompt={{"turns": [turn]}}, outputs=[{{"text": text}}])
        write(status=1, detector_results={{}}, **row)
        write(status=2, detector_results={{"d": ["LEAK" in text]}}, **row)
        if script["does"] == "hangs":
            time.sleep(600)
    counted = prompts - broke - script.get("nones", 0)
    write(entry_type="eval", probe=probe, detector="d", passed=counted, fails=broke, nones=script.get("nones", 0),
          total_evaluated=counted + broke + script.get("lies", 0), total_processed=prompts)
if script["does"] != "stops":
    write(entry_type="completion", end_time="2026-05-01T10:05:00", run="r")
sys.exit(script.get("status", 0))
"""


def installed(folder: Path, does: str = "works", **more: int) -> Path:
    """The program; it ``works``, ``says`` what is wrong and writes nothing, ``hangs``, or ``stops`` early."""
    folder.mkdir(parents=True, exist_ok=True)
    script, program = folder / "script.json", folder / "garak"
    script.write_text(json.dumps({"does": does, **more}))
    program.write_text(_PROGRAM.format(python=sys.executable, script=str(script)))
    program.chmod(0o755)
    return program


def seen(folder: Path) -> tuple[str, list[str], str]:
    """What it was given: probes, names of its environment, the key."""
    spec, names, key = json.loads((folder / "script.json.seen").read_text())
    return spec, names, key
