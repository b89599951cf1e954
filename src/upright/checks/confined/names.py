"""Which of some texts name a person, by presidio with a language model of spaCy; runs only inside the sandbox."""

from collections.abc import Iterable
from typing import Any

_analyzers: dict[str, Any] = {}
_BATCH = 100
_READS = ["tok2vec", "transformer", "ner"]


def run(head: dict[str, Any], _body: memoryview) -> tuple[Any, Iterable[Any]]:
    """For each of ``texts`` whether it names somebody by two words or more; ``model`` is the folder of the model."""
    if head["model"] not in _analyzers:
        _analyzers[head["model"]] = _analyzer(head["model"])
    found = _analyzers[head["model"]].analyze_iterator(head["texts"], "en", batch_size=_BATCH, entities=["PERSON"])
    return [_is_named(text, each) for text, each in zip(head["texts"], found, strict=True)], []


def _analyzer(model: str) -> Any:
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    engine: Any = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}])
    engine.load()
    engine.nlp["en"].select_pipes(enable=[name for name in _READS if name in engine.nlp["en"].pipe_names])
    registry = RecognizerRegistry(recognizers=[SpacyRecognizer()], supported_languages=["en"])
    return BatchAnalyzerEngine(AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"]))


def _is_named(text: str, found: Iterable[Any]) -> bool:
    return any(sum(any(map(str.isalpha, word)) for word in text[one.start : one.end].split()) > 1 for one in found)
