"""Who signed the model, and is it unchanged since? Verified offline against a key that the binding names."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.checks.contract import Binding, CheckResult, Context, ModelSource, Run, check
from upright.checks.inputs import model_file_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.estimate import exact

if TYPE_CHECKING:
    from upright.checks.signatures import Verified

MEASURE = "valid_signatures"
MEASURES = (MEASURE,)


@check(
    "model-signature",
    version="1",
    kinds=("model-signature",),
    about=("model",),
    measures=MEASURES,
    default_limits={MEASURE: {"at_least": "1"}},
)
def model_signature(
    *,
    public_key: str | None = None,
    certificates: str | None = None,
    fingerprint: str | None = None,
) -> Run:
    """Verifies the model's signature: an OpenSSF model signing bundle, or a DSSE envelope with an in-toto statement.

    Trust is named by ``public_key`` (PEM, EC P-256/384/521 for bundles, Ed25519 for DSSE) or by ``certificates`` (PEM
    of the authorities whose signing certificates are accepted; one out of date fails). Either is the PEM text itself,
    or a file beside the signature; ``fingerprint`` (SHA-256 of the key's DER, hex) then pins what the file must hold.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        from upright.checks.signatures import SignatureTrust, verify_signature

        source = model_file_of(binding)
        if source.signature is None:
            return _undecided(f"{source.ref} names no signature; set `signature: FILE` of the model")
        if not source.signature.is_file():
            return _undecided(f"the signature {source.signature.name} does not exist")
        given = {"public_key": public_key, "certificates": certificates}
        if all(value is None for value in given.values()):
            return _undecided("no public_key and no certificates are named, so nobody is trusted to sign")
        pem, by_file = _pem_of(given, source)
        trust = SignatureTrust(pem=pem, certificates=certificates is not None, fingerprint=fingerprint)
        found = verify_signature(source, trust, at=context.clock(), scratch=context.scratch)
        if found.undecided:
            return _undecided(found.because)
        return _judged(binding, found, unpinned=by_file and fingerprint is None)

    return run


def _undecided(because: str) -> CheckResult:
    return CheckResult(result="undecided", reasons=(Reason(limit="", outcome="undecided", because=because),))


def _judged(binding: Binding, found: "Verified", *, unpinned: bool) -> CheckResult:
    count = exact(MEASURE, 1 if found.valid else 0, n=1, unit="signatures")
    judgement = judge([count], binding.limits)
    explained = Reason(limit=MEASURE, outcome="passed" if found.valid else "failed", because=found.because)
    left = NotExamined(
        what="whether the key file is the right one",
        why="the key is read from a file beside the signature and no fingerprint pins it",
        count=1,
    )
    return CheckResult(
        result=judgement.result,
        measurements=judgement.measurements,
        reasons=(*judgement.reasons, explained),
        not_examined=(left,) if unpinned else (),
    )


def _pem_of(given: Mapping[str, Any], source: ModelSource) -> tuple[bytes, bool]:
    """The PEM text, and whether it came from a file.

    Raises:
        InputError: both are given, the path leaves the signature's folder, or there is no such file.
    """
    named = [(name, value) for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise InputError("Name either public_key or certificates, not both.", code="UP-CHECK-62")
    name, text = named[0]
    if "-----BEGIN" in text:
        return text.encode(), False
    folder = (source.signature or Path()).parent.resolve()
    path = (folder / text).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise InputError(
            f"{name}: {text!r} is neither PEM text nor a file beside the signature. Put the key next to it.",
            code="UP-CHECK-63",
        )
    return path.read_bytes(), True
