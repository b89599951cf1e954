"""A manifest proposed from what lies in a folder. It says what it guessed, and asks what no file can tell."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from upright.discovery.columns import TableGuess, guess_table
from upright.discovery.files import Found, find

Each = TypeVar("Each")
MOST_MODELS, MOST_TABLES = 16, 16
_ADAPTERS = {"pickle": "sklearn", "joblib-zfile": "sklearn", "lightgbm-text": "lightgbm", "xgboost-binary": "xgboost"}
_ROLES = (("train", "training"), ("prod", "production"), ("live", "production"), ("log", "production"))


class Proposal(NamedTuple):
    """The text of an ``upright.yaml``, and the questions that its comments ask."""

    text: str
    questions: tuple[str, ...]


def propose_manifest(folder: Path | str) -> Proposal:
    """Looks at a folder and proposes a manifest; never loads a model, and samples tables through DuckDB.

    What it could not know stands empty under a comment with the question; a required key that stays empty is an
    error of ``assess`` with its line, so no guess about people or purpose slips through.
    """
    root = Path(folder).resolve()
    return _Writer(root, find(root)).proposal()


class _Writer:
    def __init__(self, root: Path, found: Found) -> None:
        self.root, self.found = root, found
        self.lines: list[str] = []
        self.questions: list[str] = []
        self.models = _named(found.models[:MOST_MODELS], lambda model: model.path)
        tables = [(path, guess_table(root / path)) for path in found.tables[:MOST_TABLES]]
        self.unread = [(path, guess) for path, guess in tables if guess.problem is not None]
        self.tables = _named([pair for pair in tables if pair[1].problem is None], lambda pair: pair[0])

    def proposal(self) -> Proposal:
        self._head()
        self._models()
        self._datasets()
        self._checks()
        return Proposal("\n".join(self.lines) + "\n", tuple(self.questions))

    def ask(self, question: str, indent: str = "") -> None:
        self.questions.append(question)
        self.lines.append(f"{indent}# QUESTION {len(self.questions)}: {question}")

    def add(self, *lines: str) -> None:
        self.lines += lines

    def _head(self) -> None:
        self.add("# Proposed by 'upright init' from the files in this folder. Every guess is yours to correct.")
        if not self.found.is_whole:
            self.add("# There are more files here than were looked at; add what is missing.")
        for path, guess in self.unread:
            self.add(f"# {path} looks like a table but could not be read: {guess.problem}")
        self.add("upright: 1", "organisation:")
        self.ask("Which organisation answers for this system? A short id (a-z, 0-9, -) and its name.", "  ")
        self.add("  id:", "  name:", "system:", f"  id: {_id(self.root.name, 'system')}")
        self.ask("What is it for, and who decides with its help? One sentence.", "  ")
        self.add("  purpose:")
        self.ask("Which roles do you have? For instance as below; take out what does not fit.", "  ")
        self.add("  # roles: {iso42001: [producer, user], eu-ai-act: [provider, deployer], gdpr: [controller]}")
        self.ask("In which life-cycle stage is it? For instance verification-validation.", "  ")
        self.add("  stage:")
        if self.tables:
            self.add("  modality: tabular")
        else:
            self.ask("What does it work on: tabular, text, image, audio, video, llm or agent?", "  ")
            self.add("  modality:")
        self.ask("Does it process personal data? Until answered, laws on personal data stay unknown.", "  ")
        self.add("  # personal_data: true", "  # traits: {profiling: yes, automated_decision: no}")
        self.add("  # owner: person:<who answers for it>", "  # classification: answers.yaml   # EU AI Act questions")

    def _models(self) -> None:
        if not self.models:
            return
        self.add("models:")
        for model_id, model in self.models.items():
            self.add(f"  - id: {model_id}", f"    path: {_text(model.path)}    # {model.format}")
            adapter = _ADAPTERS.get(model.format)
            if adapter or model.format.startswith("compressed:"):
                self._scoring(model_id, adapter or "sklearn")
            if model.signature is not None:
                self.add(f"    signature: {_text(model.signature)}")
            if self.found.requirements is not None:
                self.add(f"    requirements: {_text(self.found.requirements)}")

    def _scoring(self, model_id: str, adapter: str) -> None:
        features = next((guess.features for _, guess in self.tables.values() if guess.features), ())
        self.add(f"    adapter: {adapter}")
        if features:
            self.ask(
                f"Which columns does {model_id} read, in its order? These are the numeric ones of a table.", "    "
            )
            self.add(f"    features: {_list(features)}")
        self.add("    # output: predict_proba", "    # positive: 1", '    # threshold: "0.5"')

    def _datasets(self) -> None:
        if not self.tables:
            self.ask("Which table shows its decisions or predictions? None was found here, so little can be measured.")
            return
        self.add("datasets:")
        for dataset_id, (path, guess) in self.tables.items():
            self.add(f"  - id: {dataset_id}", f"    path: {_text(path)}", f"    role: {_role(path)}")
            self._meanings(dataset_id, guess)

    def _meanings(self, dataset_id: str, guess: TableGuess) -> None:
        if guess.meanings:
            inner = ", ".join(f"{meaning}: {_text(name)}" for meaning, name in sorted(guess.meanings.items()))
            self.add(f"    columns: {{{inner}}}    # guessed from the names")
        else:
            candidates = f" Candidates: {', '.join(guess.binary[:8])}." if guess.binary else ""
            self.ask(f"Which column of {dataset_id} is the label, which the decision or score?{candidates}", "    ")
            self.add("    # columns: {label: …, prediction: …, score: …}")
        if {"prediction", "score"} & set(guess.meanings):
            self._whose(dataset_id)
        if guess.protected:
            self.add(f"    protected: {_list(guess.protected)}    # guessed from the names")
        else:
            self.ask(f"Which columns of {dataset_id} tell protected groups apart (sex, age group, origin …)?", "    ")
            self.add("    # protected: [...]")
        decision = guess.meanings.get("prediction") or guess.meanings.get("label")
        if decision is not None:
            column = next(column for column in guess.columns if column.name == decision)
            shown = ", ".join(str(value) for value in column.values[:5])
            self.ask(f"Which value of {decision} is good for the person ({shown})?", "    ")
            self.add("    # favourable: …")

    def _whose(self, dataset_id: str) -> None:
        if self.models:
            model = next(iter(self.models))
            self.ask(
                f"Did model {model} make the predictions in {dataset_id}? Else say recorded_decisions: true.", "    "
            )
            self.add(f"    predictions_of: {model}")
        else:
            self.add("    recorded_decisions: true    # no model file was found")

    def _checks(self) -> None:
        from upright.checks.registry import checks

        known = checks()
        wanted = [line for line in (*self._table_checks(), *self._model_checks()) if line[1] in known]
        if not wanted:
            return
        self.add("checks:")
        for binding, check, on, rest in wanted:
            head = "" if binding == check else f"check: {check}, "
            self.add(f"  {binding}: {{{head}on: {on}{rest}}}")
        self.ask("Which limits are right for you? A check without a limit stays undecided.", "  ")

    def _table_checks(self) -> Iterable[tuple[str, str, str, str]]:
        several = len(self.tables) > 1
        for dataset_id, (_, guess) in self.tables.items():
            on = f"dataset:{dataset_id}"
            names = set(guess.meanings)

            def named(check: str, tail: str = dataset_id) -> str:
                return f"{tail}-{check}" if several else check

            if guess.protected and names & {"prediction", "label", "score"}:
                rest = ', limits: {selection_rate_ratio: {at_least: "0.8"}}'
                yield named("group-fairness"), "group-fairness", on, rest
            if "label" in names and names & {"prediction", "score"}:
                yield named("performance"), "performance", on, ""
            yield named("data-quality"), "data-quality", on, ""
            yield named("data-provenance"), "data-provenance", on, ""

    def _model_checks(self) -> Iterable[tuple[str, str, str, str]]:
        several = len(self.models) > 1
        for model_id, model in self.models.items():
            tail = f"{model_id}-" if several else ""
            yield f"{tail}model-file-scan", "model-file-scan", f"model:{model_id}", ""
            if model.signature is not None:
                yield f"{tail}model-signature", "model-signature", f"model:{model_id}", ""


def _named(found: Iterable[Each], path_of: Callable[[Each], str]) -> dict[str, Each]:
    named: dict[str, Each] = {}
    for each in found:
        stem = Path(path_of(each)).name.partition(".")[0]
        base = _id(stem, "part")
        name, number = base, 2
        while name in named:
            name, number = f"{base}-{number}", number + 1
        named[name] = each
    return named


def _id(text: str, otherwise: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._") or otherwise


def _role(path: str) -> str:
    name = path.lower()
    return next((role for word, role in _ROLES if word in name), "evaluation")


def _text(text: str) -> str:
    """A YAML scalar that reads back as this text."""
    is_plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text) and text.lower() not in _SPECIAL
    return text if is_plain else json.dumps(text, ensure_ascii=False)


_SPECIAL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
