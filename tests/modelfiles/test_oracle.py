"""The promise against an oracle: no file is clean in which a loader meets a global outside the list."""

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter
from typing import Any

from modelfiles.assembler import read
from modelfiles.benign import numpy_files
from modelfiles.generate import corpus
from modelfiles.hostile_pickles import hostile_pickles
from modelfiles.oracle import consult
from upright.modelfiles import Verdict
from upright.modelfiles.allowlist import allow_list

SEED, COUNT = 20_260_801, 12_000


def mapped(module: str, name: str) -> tuple[str, str]:
    """What Python 3 makes of a Python 2 name."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def foreign(asked: dict[str, list[Any]]) -> set[str]:
    """Names outside the list that any way of loading asked for; where the protocol is not known, either form counts."""
    listed = allow_list().entries
    versions = {(m, n): v for m, n, v in (*asked["_python"], *asked["_python-kept"]) if v is not None}
    found = set()
    for way, names in asked.items():
        for module, name, version in names:
            if "\0" in module:  # no import finds such a module
                continue
            known = version if version is not None else versions.get((module, name))
            forms = {(module, name)} if known is not None and known >= 3 else {mapped(module, name)}
            if known is None:
                forms.add((module, name))
            found |= {f"{way}: {'.'.join(form)}" for form in forms if form not in listed}
    return found


def test_no_generated_file_is_clean_in_which_a_loader_meets_a_foreign_global() -> None:
    files = corpus(SEED, COUNT)
    verdicts = [read(data).verdict for data in files]
    asked = [foreign(each) for each in consult(files)]
    wrong = {
        data: names
        for data, verdict, names in zip(files, verdicts, asked, strict=True)
        if verdict is Verdict.CLEAN and names
    }
    counted = Counter(verdict.value for verdict in verdicts)
    print(f"seed {SEED}: {dict(counted)}; {sum(map(bool, asked))} of {COUNT} meet a foreign global")
    assert wrong == {}
    assert len(asked) == COUNT >= 10_000
    assert counted["clean"] > 500
    assert sum(map(bool, asked)) > 1_500


def test_the_oracle_meets_the_globals_of_the_hostile_corpus() -> None:
    chosen = ("call-os", "call-p", "protocol-0", "protocol-1", "protocol-2", "protocol-4", "stack-", "broken-a", "inst")
    tried = {name: each for name, each in hostile_pickles().items() if name.startswith(chosen)}
    found = consult([each.data for each in tried.values()])
    missed = [name for name, asked in zip(tried, found, strict=True) if not foreign(asked)]
    assert missed == []
    assert len(tried) > 30


def test_the_oracle_has_nothing_against_benign_files() -> None:
    files = [data for name, data in numpy_files() if name == "npy-objects"]
    assert [foreign(asked) for asked in consult([data[data.index(b"\x80") :] for data in files])] == [set()]
