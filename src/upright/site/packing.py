"""``upright pack --server``: a pack of this machine's server, by whoever holds its database and keys."""

from pathlib import Path

from upright.site import serving


def pack(out: Path | None, system: str | None, language: str) -> tuple[Path, str]:
    """Writes the pack, verified before it gets its name; gives where it is, and the key that its log is signed by.

    Its report is in the language.

    Raises:
        InputError: there is no server here, or no such system.
        PackError: it cannot be written, or would not verify.
    """
    serving.load()
    from upright.records.assurance.packing import write_pack
    from upright.records.trail.server_log import organisation, server_log

    scope = None if system is None else system if system.startswith("system:") else f"system:{system}"
    name = out or Path(f"{(scope or organisation()).partition(':')[2]}-pack.zip")
    return write_pack(name, scope=scope, language=language), str(server_log().key)
