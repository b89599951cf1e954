"""What every room stands on: references, numbers, time, canonical bytes, errors, schemas. Imports no other room."""

from upright.kernel.actor import Actor, Via
from upright.kernel.canonical import CanonicalError, canonical_bytes, plain_bytes, sha256_hex
from upright.kernel.clock import Clock, TimeError, parse_duration, parse_time, read_time, system_clock, time_text
from upright.kernel.collecting import without_collecting
from upright.kernel.errors import InputError, MissingExtraError, UprightError
from upright.kernel.ids import key_of, uuid7
from upright.kernel.numbers import NumberError, as_decimal, decimal_text
from upright.kernel.refs import Ref, RefError
from upright.kernel.signer import Signer

__all__ = [
    "Actor",
    "CanonicalError",
    "Clock",
    "InputError",
    "MissingExtraError",
    "NumberError",
    "Ref",
    "RefError",
    "Signer",
    "TimeError",
    "UprightError",
    "Via",
    "as_decimal",
    "canonical_bytes",
    "decimal_text",
    "key_of",
    "parse_duration",
    "parse_time",
    "plain_bytes",
    "read_time",
    "sha256_hex",
    "system_clock",
    "time_text",
    "uuid7",
    "without_collecting",
]
