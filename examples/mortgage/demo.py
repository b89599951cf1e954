"""`make demo`: assesses the mortgage example from nothing to a pack that someone else can verify.

Everything it makes, keys included, stays in the folder `demo/`, which it makes anew each time.
"""

import os
import shlex
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEMO = ROOT / "demo"
WORK = DEMO / "mortgage"
MARK = DEMO / ".made-by-make-demo"
TWO_KEYS = {"scope-statement", "statement-of-applicability"}


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def run(*words: str, ends: tuple[int, ...] = (0,)) -> None:
    """Shows a command as a user would type it, runs it, and stops the demo where it ends unexpectedly."""
    print(f"\n$ {shlex.join(words)}", flush=True)
    command = [sys.executable, "-m", *words] if words[0] == "upright" else [sys.executable, *words[1:]]
    status = subprocess.run(command, cwd=WORK, check=False).returncode
    if status not in ends:
        sys.exit(f"{shlex.join(words)} ended with {status}, expected {' or '.join(map(str, ends))}.")


def start_anew() -> None:
    if DEMO.exists():
        if not MARK.exists():
            sys.exit(f"{DEMO} exists and was not made by this demo; move it away first.")
        shutil.rmtree(DEMO)
    skip = shutil.ignore_patterns("*.parquet", "*.joblib", "*.sig", "*.pub", "__pycache__", ".upright", "demo.py")
    shutil.copytree(HERE, WORK, ignore=skip)
    MARK.touch()
    os.environ |= {"XDG_CONFIG_HOME": str(DEMO / "config"), "XDG_STATE_HOME": str(DEMO / "state")}


def file_records() -> int:
    """Files what the lenders decided, each record signed by a person, what needs two people by two."""
    from upright.evidence.keys import PrivateKey, key_folder
    from upright.workspace import Workspace

    workspace = Workspace.open(WORK)
    keys = []
    for name in ("person/11111111-1111-4111-8111-111111111111", "person/22222222-2222-4222-8222-222222222222"):
        key = PrivateKey.generate("person", name)
        key.save(key_folder())
        workspace.enrol(key.vkey, role="person", reason="Demo: a person who signs records")
        keys.append(key)
    review_by = (date.today() + timedelta(days=365)).isoformat()  # noqa: DTZ011
    about = {"organisation": "organisation", "system": "system"}
    files = sorted((WORK / "records").glob("*/*.yaml"))
    for file in files:
        subject = about.get(file.parent.name, f"dataset:{file.parent.name}")
        signers = keys if file.stem in TWO_KEYS else keys[:1]
        conclusion = "passed" if file.stem.startswith("control-evaluation") else None
        workspace.attest(file.stem, subject, file, signers, review_by=review_by, conclusion=conclusion)
    return len(files)


def main() -> None:
    start_anew()
    say("1. Train a small model on 1,989 real mortgage applications (Boston, 1990).")
    run("python", "train.py", ".")
    say("2. Assess the decisions that the lenders took, and the model's.")
    run("upright", "assess", ends=(1,))
    say("3. File what the lenders would keep on record, signed by persons.")
    print(f"   {file_records()} records: policy, risks, impact assessment, Statement of Applicability and others.")
    say("4. Where that leaves them, over four frameworks.")
    run("upright", "posture")
    say("5. May it be deployed?")
    run("upright", "gate", "--to", "deployment", ends=(1,))
    say("6. A report to read, and a pack to prove it with.")
    run("upright", "report", "assessment", "-o", "report.html")
    run("upright", "pack", "-o", "mortgage-pack.zip")
    key = subprocess.run(
        [sys.executable, "-m", "upright", "key", "export", "log"], cwd=WORK, capture_output=True, text=True, check=True
    ).stdout.strip()
    say("7. What someone runs who trusts neither us nor this machine.")
    run("upright", "verify", "mortgage-pack.zip", "--trust", key)
    say("Made in demo/mortgage:")
    print(f"   report.html         the report; open it in a browser\n   mortgage-pack.zip   the pack\n   {key}")
    print("   is the key to check it with. On another machine, with upright installed:\n")
    print(f"   upright verify mortgage-pack.zip --trust {shlex.quote(key)}\n")


if __name__ == "__main__":
    main()
