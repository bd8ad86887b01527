"""What a condition can do wrong: one error for all of it."""

MESSAGE = 400
"""Characters of a message; longer ones are cut."""


class ConditionError(Exception):
    """A condition cannot be read, does not fit the result, or fails.

    Its text is one line without a place, as Argo Rollouts words it in messages.
    `line` and `column` count from 1; both are 0 where no place is known.
    """

    def __init__(self, message: str, text: str = "", at: int | None = None) -> None:
        self.message = message if len(message) <= MESSAGE else f"{message[:MESSAGE]}…"
        super().__init__(self.message)
        self.line, self.column, self._source = _place(text, at)

    @property
    def pointer(self) -> str:
        """The line of the condition, and a caret under the place; "" if unknown."""
        if not self.line:
            return ""
        return f"{self._source}\n{' ' * (self.column - 1)}^"

    def explained(self) -> str:
        """Message, place and pointer, for a terminal."""
        if not self.line:
            return self.message
        return f"{self.message} (line {self.line}, column {self.column})\n{self.pointer}"


class Failure(Exception):  # noqa: N818 - never leaves the room
    """Something went wrong at a place that only the caller knows."""

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def _place(text: str, at: int | None) -> tuple[int, int, str]:
    """Turn an offset into line, column and the line itself."""
    if at is None:
        return 0, 0, ""
    at = min(at, len(text))
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    return text.count("\n", 0, at) + 1, at - start + 1, line.replace("\t", " ")
