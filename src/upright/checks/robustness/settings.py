"""What a run of the check was asked to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one run, checked."""

    rows: int
    budget: float
    immutable: tuple[str, ...]
    noise: float
    shape: tuple[int, ...]
    strength: int
    hop_skip_jump: bool
    least: int
