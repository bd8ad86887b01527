"""Keeping secrets out of everything that people see: a mask in the place of each.

A server may send a secret back: as it stands, escaped, encoded, or cut off where a text is too long.
"""

import json
import re
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from msgspec.structs import replace

from serinus.analysis.arguments import MASK
from serinus.api.analysis import Measurement

_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_LEAST_START = 4
"""Characters of a secret that give it away at the end of a text that was cut off."""
_SHORTEST = 6
"""Characters from which on an entry of a Secret that a provider reads as a whole is masked: ``us`` is a region."""


class Mask:
    """Takes the place of some secrets in any text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)
        forms = {form for secret in self._secrets for form in _forms(secret) if form.strip()}
        self._forms = sorted(forms, key=len, reverse=True)

    def also(self, values: Iterable[str]) -> "Mask":
        """The same for what stands in a whole Secret besides; what is very short there is no secret but a setting."""
        return Mask((*self._secrets, *(value for value in values if len(value.strip()) >= _SHORTEST)))

    def text(self, text: str) -> str:
        """A text without secrets."""
        if not self._forms or not text:
            return text
        for form in self._forms:
            text = text.replace(form, MASK)
        return _ENCODED.sub(self._encoded, self._cut_off(text))

    def texts(self, texts: dict[str, str]) -> dict[str, str]:
        """Texts by name, each without secrets."""
        return {key: self.text(value) for key, value in texts.items()}

    def measurement(self, measurement: Measurement) -> Measurement:
        """A measurement without secrets."""
        return replace(
            measurement,
            message=self.text(measurement.message),
            value=self.text(measurement.value),
            metadata=self.texts(measurement.metadata),
        )

    def _encoded(self, match: re.Match[str]) -> str:
        """What is left of a word that may be base64, such as the name and password of an Authorization header."""
        word = match[0]
        for plain in _decoded(word):
            if any(form in plain for form in self._forms):
                return MASK
        return word

    def _cut_off(self, text: str) -> str:
        """A text whose end, before an ellipsis, is not the beginning of a secret."""
        body = text.rstrip("…")
        if body == text:
            return text
        for form in self._forms:
            for size in range(len(form) - 1, _LEAST_START - 1, -1):
                if body.endswith(form[:size]):
                    return f"{body[:-size]}{MASK}…"
        return text


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a text."""
    for form in {secret, secret.strip(), " ".join(secret.split())}:
        yield from (form, quote(form), quote(form, safe=""), quote_plus(form))
        yield from (json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1], repr(form)[1:-1])


def _decoded(word: str) -> Iterator[str]:
    """What a word means in base64, if anything."""
    for alphabet in ("+/", "-_"):
        try:
            yield b64decode(word + "=" * (-len(word) % 4), alphabet.encode(), validate=True).decode()
        except (BadBase64, ValueError):
            continue
