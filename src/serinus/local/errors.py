"""What can go wrong with a cluster on this computer."""


class LocalError(Exception):
    """Something here could not be done; the text says what to do about it.

    It is meant for a user's eyes: one or a few plain lines, no traceback.
    """
