"""The code in a message."""

import re


def code_in(message):
    """The six digits in a text, in what a gateway was given, or in what was heard on the phone;
    in a call each digit stands alone."""
    text = message["text"] if isinstance(message, dict) else message
    text = text if isinstance(text, str) else " ".join(text)
    found = re.findall(r"(?<![\d,] )(?<!\d)(\d(?:, \d){5}|\d{6})(?!\d)", text)
    assert found, text
    return found[0].replace(", ", "")
