"""A manifest proposed from what lies in a folder. It says what it guessed, and asks what no file can tell."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from upright.discovery.columns import Column, TableGuess, guess_table
from upright.discovery.files import Found, find
from upright.discovery.words import flow, named, plain, scalar, short_id

MOST_MODELS, MOST_TABLES = 16, 16
_ADAPTERS = {"pickle": "sklearn", "joblib-zfile": "sklearn", "lightgbm": "lightgbm", "ubjson": "xgboost",
             "xgboost-json": "xgboost", "onnx": "onnx"}  # fmt: skip
_ROLES = {"train": "training", "training": "training", "prod": "production", "production": "production",
          "live": "production", "log": "production", "logs": "production"}  # fmt: skip
_STARTING = {
    "group-fairness": 'selection_rate_ratio: {at_least: "0.8"}',
    "data-quality": 'missing_share: {at_most: "0.05"}',
}


class Proposal(NamedTuple):
    """The text of an ``upright.yaml``, the questions that its comments ask, and why tables were left out."""

    text: str
    questions: tuple[str, ...]
    left_out: tuple[str, ...] = ()


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
        self.models = named(found.models[:MOST_MODELS], lambda model: model.path)
        tables = [(path, guess_table(root / path)) for path in found.tables[:MOST_TABLES]]
        self.unread = [(path, guess) for path, guess in tables if guess.problem is not None]
        self.tables = named([pair for pair in tables if pair[1].problem is None], lambda pair: pair[0])

    def proposal(self) -> Proposal:
        self._head()
        self._models()
        self._datasets()
        self._checks()
        left_out = tuple(plain(str(guess.problem)) for _, guess in self.unread)
        return Proposal("\n".join(self.lines) + "\n", tuple(self.questions), left_out)

    def ask(self, question: str, indent: str = "") -> None:
        self.questions.append(plain(question))
        self.add(f"{indent}# QUESTION {len(self.questions)}: {self.questions[-1]}")

    def add(self, *lines: str) -> None:
        self.lines += lines

    def _head(self) -> None:
        self.add("# Proposed by 'upright init' from the files in this folder. Every guess is yours to correct.")
        self._left_out()
        self.add("upright: 1", "organisation:")
        self.ask("Which organisation answers for this system? A short id (a-z, 0-9, -) and its name.", "  ")
        self.add("  id:", "  name:", "system:", f"  id: {short_id(self.root.name, 'system')}")
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

    def _left_out(self) -> None:
        more = max(0, len(self.found.models) - MOST_MODELS) + max(0, len(self.found.tables) - MOST_TABLES)
        if more or not self.found.is_whole:
            self.add(f"# There are {more or 'more'} more files here than are proposed; add what is missing.")
        for _, guess in self.unread:
            self.add(plain(f"# Left out, though it looks like a table: {guess.problem}"))

    def _models(self) -> None:
        if not self.models:
            return
        self.add("models:")
        for model_id, model in self.models.items():
            self.add(f"  - id: {model_id}", f"    path: {scalar(model.path)}    # {plain(model.format)}")
            adapter = _ADAPTERS.get(model.format)
            if adapter or model.format.startswith("compressed:"):
                self._scoring(model_id, adapter or "sklearn", model.features)
            if model.signature is not None:
                self.add(f"    signature: {scalar(model.signature)}")
            if self.found.requirements is not None:
                self.add(f"    requirements: {scalar(self.found.requirements)}")

    def _scoring(self, model_id: str, adapter: str, stated: tuple[str, ...]) -> None:
        """How the model is asked again: from the first table that shows what it said, else from the first."""
        guesses = [guess for _, guess in self.tables.values()]
        shown = next((guess for guess in guesses if guess.shows_predictions), guesses[0] if guesses else TableGuess())
        self.add(f"    adapter: {adapter}")
        if stated:
            self.add(f"    features: {flow(stated)}    # as its file says")
        elif shown.features:
            self.ask(
                f"Which columns does {model_id} read, in its order? These are the numeric ones of a table; add those "
                "of text that it reads.",
                "    ",
            )
            self.add(f"    features: {flow(shown.features)}")
        if shown.task == "regression":
            return
        if "score" in shown.meanings:
            self.ask(f"Of which class does {model_id} give the probability?", "    ")
            self.add("    output: predict_proba", f"    positive:{_positive(shown)}")
            if "prediction" in shown.meanings:
                self.ask(f"From which score on does {model_id} decide for that class? Its decisions follow.", "    ")
                self.add('    # threshold: "0.5"')
        else:
            self.add("    # output: predict_proba", "    # positive: 1", '    # threshold: "0.5"')

    def _datasets(self) -> None:
        if not self.tables:
            self.ask("Which table shows its decisions or predictions? None was found here, so little can be measured.")
            return
        self.add("datasets:")
        for dataset_id, (path, guess) in self.tables.items():
            self.add(f"  - id: {dataset_id}", f"    path: {scalar(path)}", f"    role: {_role(path)}")
            self._meanings(dataset_id, guess)
            self.ask(f"Who collected {dataset_id}, under which licence, when, and what was done to it since?", "    ")
            self.add("    # origin:", "    # licence:", "    # collected: 2024-01/2024-12", "    # steps: [none]")

    def _meanings(self, dataset_id: str, guess: TableGuess) -> None:
        if guess.meanings:
            inner = ", ".join(f"{meaning}: {scalar(name)}" for meaning, name in sorted(guess.meanings.items()))
            self.add(f"    columns: {{{inner}}}    # guessed from names and values")
        if "prediction" not in guess.meanings:
            self._which(dataset_id, guess)
        elif "label" not in guess.meanings:
            self.ask(
                f"Which column of {dataset_id} tells what turned out (the label)? Without one no errors are measured.",
                "    ",
            )
        if not guess.meanings:
            self.add("    # columns: {label: …, prediction: …, score: …}")
        if guess.shows_predictions:
            self._whose(dataset_id)
        if guess.protected:
            self.add(f"    protected: {flow(guess.protected)}    # guessed from the names")
        else:
            self.ask(f"Which columns of {dataset_id} tell protected groups apart (sex, age group, origin …)?", "    ")
            self.add("    # protected: [...]")
        decision = guess.meanings.get("prediction") or guess.meanings.get("label")
        if decision is not None and guess.task == "classification":
            shown = ", ".join(str(value) for value in guess.column(decision).values[:5])
            self.ask(f"Which value of {decision} is good for the person ({shown})?", "    ")
            self.add("    # favourable: …")

    def _which(self, dataset_id: str, guess: TableGuess) -> None:
        """No column shows what was predicted or decided: of numbers there may be none yet."""
        if guess.meanings.get("label") and guess.task == "regression":
            self.ask(
                f"Which column of {dataset_id} holds what the model predicts? Where none does, write its predictions "
                "into one, add `prediction: THAT COLUMN` to columns, and `predictions_of`; then errors are measured.",
                "    ",
            )
            return
        candidates = f" Candidates: {', '.join(guess.binary[:8])}." if guess.binary else ""
        self.ask(
            f"Which column of {dataset_id} is the decision, which the label or score? Without a decision no "
            f"selection rates are compared.{candidates}",
            "    ",
        )

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
        for binding, check, on, more in wanted:
            head = "" if binding == check else f"check: {check}, "
            tail = f", {more}" if more else ""
            self.add(f"  {binding}: {{{head}on: {on}{tail}}}")
        self._unlimited()
        self.ask("Which limits are right for you? Those above are common ones to start from, not advice.", "  ")

    def _unlimited(self) -> None:
        """Checks for which no common limit exists stay undecided until someone sets one."""
        for dataset_id, (_, guess) in self.tables.items():
            if guess.task == "regression":
                self.ask(
                    f"How far off may the numbers in {dataset_id} be, on average and between groups? For instance "
                    'limits: {mae: {at_most: "10"}} for performance, {mean_residual_difference: {at_most: "5"}} for '
                    "group-fairness.",
                    "  ",
                )
            elif guess.task == "multiclass" and guess.protected:
                self.ask(
                    f"How far may groups in {dataset_id} differ? For instance limits: "
                    '{macro_true_positive_rate_difference: {at_most: "0.1"}, decision_distance: {at_most: "0.1"}}.',
                    "  ",
                )

    def _table_checks(self) -> Iterable[tuple[str, str, str, str]]:
        several = len(self.tables) > 1
        for dataset_id, (_, guess) in self.tables.items():
            on = f"dataset:{dataset_id}"
            names = set(guess.meanings)

            def bound(check: str, tail: str = dataset_id) -> str:
                return f"{tail}-{check}" if several else check

            task = "" if guess.task == "classification" else f"options: {{task: {guess.task}}}"
            if guess.protected and "prediction" in names:
                yield bound("group-fairness"), "group-fairness", on, task or _limits(_STARTING["group-fairness"])
            if "label" in names and names & {"prediction", "score"}:
                measure = "auc" if "score" in names and not task else "balanced_accuracy"
                limits = _limits(f'{measure}: {{at_least: "0.7"}}') if guess.task != "regression" else ""
                yield bound("performance"), "performance", on, ", ".join(filter(None, (task, limits)))
            yield bound("data-quality"), "data-quality", on, _limits(_STARTING["data-quality"])
            yield bound("data-provenance"), "data-provenance", on, ""

    def _model_checks(self) -> Iterable[tuple[str, str, str, str]]:
        several = len(self.models) > 1
        for model_id, model in self.models.items():
            tail = f"{model_id}-" if several else ""
            yield f"{tail}model-file-scan", "model-file-scan", f"model:{model_id}", ""
            if model.signature is not None:
                yield f"{tail}model-signature", "model-signature", f"model:{model_id}", ""


def _limits(inner: str) -> str:
    return f"limits: {{{inner}}}"


def _positive(guess: TableGuess) -> str:
    """`` 1`` where the label is 0 or 1, else nothing: the question stands above it."""
    label = guess.meanings.get("label")
    column: Column | None = None if label is None else guess.column(label)
    is_bit = column is not None and {str(value) for value in column.values} == {"0", "1"}
    return " 1" if is_bit else ""


def _role(path: str) -> str:
    words = re.split(r"[^a-z]+", path.lower())
    return next((_ROLES[word] for word in words if word in _ROLES), "evaluation")
