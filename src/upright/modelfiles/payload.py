"""The bytes of an array, which joblib writes between two pickle instructions."""

from typing import TYPE_CHECKING, Any

from upright.modelfiles.dtypes import DtypeError, DtypeFacts, count_of

if TYPE_CHECKING:
    from upright.modelfiles.machine import Machine
    from upright.modelfiles.values import Instance

ALIGNMENT = 16


def skip_joblib_array(m: "Machine", wrapper: "Instance") -> Any:
    """Steps over what ``NumpyArrayWrapper.read_array`` reads, byte for byte, and gives the array it leaves.

    An array of objects follows as a pickle of its own, which is examined like any other.
    Source: joblib 1.6 ``numpy_pickle.py``; before 1.2 there was no padding.
    """
    from upright.modelfiles.limits import BrokenStreamError
    from upright.modelfiles.machine import Machine
    from upright.modelfiles.values import Unknown

    m._check_frame("the bytes of a joblib array")  # noqa: SLF001 - this is the machine's own instruction, kept apart
    facts = wrapper.facts
    held = getattr(wrapper.state, "items", None)
    if not isinstance(facts, DtypeFacts) or not held:
        raise BrokenStreamError("a joblib array whose size is not known")
    if facts.objects:
        inner = Machine(m.window, m.allow, m.findings, m.budget)
        ended = inner.run(m.offset)
        if ended.stop is None:
            m.pos = m.window.start + ended.at
            raise BrokenStreamError(f"within an array of objects, {ended.why}")
        m.pos = m.window.start + ended.stop
        return ended.value
    try:
        count = count_of(held["shape"])
    except DtypeError as why:
        raise BrokenStreamError(str(why)) from None
    if held.get("numpy_array_alignment_bytes") is not None:
        padding = m.number(1)
        if m.take(padding) != b"\xff" * padding or padding > ALIGNMENT:
            m.unclear("the padding before an array is not joblib's")
    m.skip(count * facts.size)
    from upright.modelfiles.guards import ArrayFacts
    from upright.modelfiles.values import Instance

    if wrapper.of.entry is None:
        return Unknown("an array")
    return Instance(wrapper.of, facts=ArrayFacts(facts, count))
