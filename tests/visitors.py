"""Who asks an app for something: people outside, and pods inside."""

import asyncio
import json
from collections import Counter
from typing import Any

import aiohttp

from serinus.kube import Client

AT_ONCE = 10
LIMIT = 60.0
OVER = {"Succeeded", "Failed"}
CALLER = """
import collections, json, sys, urllib.request
url, count = sys.argv[1], int(sys.argv[2])
seen = collections.Counter()
for _ in range(count):
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            seen[json.load(reply)["image"]] += 1
    except Exception as error:
        seen[repr(error)] += 1
print(json.dumps(seen), flush=True)
"""


class Visitors:
    """People who open a connection for each request to a host, through some address."""

    def __init__(self, host: str) -> None:
        self.host = host

    async def ask(self, address: str, count: int, path: str = "/", **headers: str) -> Counter[str]:
        """Say who answered how often; a header's underscores become dashes."""
        spelled = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, headers=spelled) as session:

            async def few(number: int) -> list[str]:
                return [await image(session, f"http://{address}{path}") for _ in range(number)]

            numbers = [len(range(start, count, AT_ONCE)) for start in range(AT_ONCE)]
            return Counter(answer for some in await asyncio.gather(*map(few, numbers)) for answer in some)


async def image(session: aiohttp.ClientSession, url: str) -> str:
    """Ask once; says which image answered, or with which status, or how the connection ended."""
    try:
        async with session.get(url) as reply:
            return str((await reply.json())["image"]) if reply.status == 200 else str(reply.status)
    except aiohttp.ClientError as error:
        return type(error).__name__


async def ask_inside(client: Client, pod: str, url: str, count: int, **annotations: str) -> Counter[str]:
    """Let a pod ("namespace/name") ask, and read in its log whom it met."""
    namespace, _, name = pod.partition("/")
    container = {"name": "caller", "image": "caller", "command": ["python", "-c", CALLER, url, str(count)]}
    metadata = {"name": name, "annotations": {f"local.serinus.dev/{key}": text for key, text in annotations.items()}}
    body = {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [container]}}
    pods = f"/api/v1/namespaces/{namespace}/pods"
    await client.create(pods, body)
    async with asyncio.timeout(LIMIT):
        while await phase(client, f"{pods}/{name}") not in OVER:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return Counter(json.loads(await client.raw("GET", f"{pods}/{name}/log")))


async def phase(client: Client, path: str) -> Any:
    """A pod's phase."""
    return (await client.get(path))["status"].get("phase")
