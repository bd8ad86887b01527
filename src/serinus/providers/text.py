"""Results as text for a status, in the forms that Argo Rollouts gives them."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

LONGEST = 4096
"""Characters of a value that a status keeps: the whole object must stay far below a megabyte."""


def number_text(number: float) -> str:
    """A float without exponent and with no more digits than it has: ``0.00001``, ``5``, ``NaN``, ``+Inf``."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    text = format(Decimal(repr(float(number))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def numbers_text(numbers: Iterable[float]) -> str:
    """A list of floats: ``[0.5,1]``."""
    return shortened("[" + ",".join(number_text(number) for number in numbers) + "]")


def json_text(value: Any) -> str:
    """JSON with sorted keys and no blanks."""
    return shortened(msgspec.json.encode(value, order="sorted").decode())


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text, cut off where it is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
