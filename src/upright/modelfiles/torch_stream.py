"""Torch's layout before 1.6: five pickles, then the bytes of every storage.

Source: ``torch/serialization.py``, ``_legacy_save`` and ``_legacy_load``.
"""

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.machine import Machine
from upright.modelfiles.pickles import examine_pickles, find_hidden
from upright.modelfiles.storages import StreamStorages
from upright.modelfiles.window import Window

MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
_PICKLES = 5


def examine_torch_stream(window: Window, ex: Examiner) -> str:
    """Examines such a file; returns ``torch-stream``."""
    storages = StreamStorages()
    at = 0
    for count in range(_PICKLES):
        machine = Machine(window, ex.allow, ex.findings, ex.budget, storages=storages)
        ended = machine.run(at)
        if ended.stop is None:
            ex.findings.not_examined(f"pickle {count + 1} of {_PICKLES} is broken: {ended.why}", offset=ended.at)
            find_hidden(window, ex, start=max(ended.at, 0))
            break
        at = ended.stop
    else:
        rest = len(window) - at
        needed = sum(8 + size for size in storages.sizes.values())
        if rest != needed:
            ex.findings.not_examined(f"{rest} bytes follow the pickles, its storages need {needed}", offset=at)
            find_hidden(window, ex, start=at)
    # Whoever reads it pickle by pickle meets the same names, and nothing else.
    seen = ex.aside()
    examine_pickles(window, seen, storages=StreamStorages())
    ex.findings.take_over(seen.findings, "read pickle by pickle: ")
    return "torch-stream"
