"""A schedule of checks."""

from records.examples.building import Builder
from upright.records.work.models import CheckSchedule

EXAMPLES: dict[str, Builder] = {
    "check-schedule": lambda org, made: CheckSchedule(about=made["system"], every="P7D", owner=org.owner),
}
