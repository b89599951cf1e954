"""Reasons that people give: what is none."""


def says_nothing(text: str) -> bool:
    """Whether a text holds no word: blanks, also those that take no room, and marks.

    >>> [says_nothing(one) for one in ("", "  ", chr(0x200B), "—", "None", "7.5")]
    [True, True, True, True, False, False]
    """
    return not any(one.isalnum() for one in text)
