"""References, numbers and times have one form each, and nothing else is taken."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.kernel import (
    InputError,
    NumberError,
    Ref,
    RefError,
    TimeError,
    UprightError,
    as_decimal,
    decimal_text,
    parse_duration,
    parse_time,
    read_time,
    schemas,
    system_clock,
    time_text,
)

DIGEST = "ab" * 32


@pytest.mark.parametrize("text", ["system:mortgage", "dataset:mortgage/applications", f"model:m/s@sha256:{DIGEST}"])
def test_a_reference_reads_back_as_written(text: str) -> None:
    assert str(Ref.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "mortgage", "System:mortgage", "system:", "system:a//b", "system:../etc", "system:a b", "system:Ä",
     "model:m@sha256:12", f"model:m@sha512:{DIGEST}", f"model:m@sha256:{DIGEST.upper()}", "system:a\n"],
)  # fmt: skip
def test_what_is_not_a_reference_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(RefError, match="UP-REF-01"):
        Ref.parse(text)


def test_a_reference_can_be_tied_to_bytes_and_loosed_again() -> None:
    ref = Ref.parse("model:mortgage/scorer")
    assert ref.at(DIGEST).bare == ref
    assert ref.root == "mortgage"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_recorded_within_half_a_unit_of_its_fifteenth_digit(value: float) -> None:
    text = decimal_text(value)
    shortest = Decimal(repr(value))
    assert as_decimal(text) == Decimal(decimal_text(text))
    assert abs(Decimal(text) - shortest) <= Decimal(1).scaleb(shortest.adjusted() - 14) / 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "NaN", "", "one", "0x10"])
def test_what_is_not_a_finite_number_is_refused(value: float | str) -> None:
    with pytest.raises(NumberError):
        decimal_text(value)


def test_more_than_fifteen_digits_are_refused_in_a_limit() -> None:
    with pytest.raises(NumberError, match="UP-NUM-02"):
        as_decimal("0.1234567890123456")


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=45)))))
def test_a_time_is_written_in_utc_and_reads_back(moment: datetime) -> None:
    back = parse_time(time_text(moment)) if moment.astimezone(UTC).year >= 1000 else None
    if back is not None:
        assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TimeError, match="UP-TIME-01"):
        time_text(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(TimeError, match="UP-TIME-01"):
        read_time("2026-01-01T10:00:00")


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-13-01T00:00:00.000Z", "2026-01-01 00:00:00.000Z"])
def test_a_recorded_time_has_one_form(text: str) -> None:
    with pytest.raises(TimeError, match="UP-TIME-02"):
        parse_time(text)


def test_a_date_means_the_end_of_its_day() -> None:
    assert time_text(read_time("2026-03-12")) == "2026-03-12T23:59:59.999Z"


def test_durations_count_days_of_24_hours_and_refuse_months() -> None:
    assert parse_duration("P1DT12H") == timedelta(hours=36)
    assert parse_duration("P2W") == timedelta(days=14)
    for text in ("P1M", "P1Y", "P", "PT", "P1DT", "7 days"):
        with pytest.raises(TimeError, match="UP-TIME-03"):
            parse_duration(text)


def test_the_system_clock_speaks_utc_in_whole_milliseconds() -> None:
    now = system_clock()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_an_error_crosses_process_borders_whole() -> None:
    back = pickle.loads(pickle.dumps(InputError("found x", code="UP-X-01")))
    assert (type(back), str(back)) == (InputError, "found x [UP-X-01]")
    assert issubclass(InputError, UprightError)


def test_every_published_schema_is_a_valid_schema() -> None:
    import jsonschema

    assert schemas.names()
    for name in schemas.names():
        jsonschema.Draft202012Validator.check_schema(schemas.load(name))


def test_an_unknown_schema_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="UP-SCHEMA-01"):
        schemas.load("../refs")
