"""What measures raise."""

from upright.kernel import InputError


class MeasureInputError(InputError):
    """A table or a number cannot be measured as asked; the message says what was found and what to do."""
