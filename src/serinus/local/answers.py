"""What programs say of themselves."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping

LIMIT = 30.0
"""Seconds until a program that does not end is given up."""


async def said_by(*command: str, env: Mapping[str, str] | None = None) -> str:
    """All that a command prints, errors last; empty where it cannot be started or does not come to an end."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=env, cwd="/"
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(LIMIT):
            output = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return "\n".join(part.decode(errors="replace") for part in output)
