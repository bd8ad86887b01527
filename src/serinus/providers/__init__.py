"""How each metric provider is asked, and what its replies mean.

Law of the room: pure generators. A provider yields the requests that it needs and is sent the replies; it never
opens a connection, reads a clock, waits or judges by conditions, and vendors' files do not know each other. Whatever
it cannot read is a ``ProviderError`` in plain words: no data and bad data never look like a good result.
"""
