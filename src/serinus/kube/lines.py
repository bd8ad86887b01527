"""Lines out of chunks, however the network cuts them."""

from __future__ import annotations


class Lines:
    r"""Takes chunks, gives whole lines without their ends; empty lines are left out.

    >>> lines = Lines()
    >>> lines.feed(b"on"), lines.feed(b"e\n\ntwo\nthr"), lines.rest()
    ([], [b'one', b'two'], b'thr')
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []  # joined only at a line's end: lines can be megabytes in many chunks

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes."""
        first, *others = chunk.split(b"\n")
        self._parts.append(first)
        if not others:
            return []
        lines = [b"".join(self._parts), *others[:-1]]
        self._parts = [others[-1]]
        return [line for line in lines if line]

    def rest(self) -> bytes:
        """What came after the last line end."""
        return b"".join(self._parts)
