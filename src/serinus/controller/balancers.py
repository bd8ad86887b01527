"""What AWS says of load balancers, by the extra ``serinus[aws]``."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

from serinus.controller.aws import HOW_TO_GET_IT
from serinus.plan import Balanced, Balancer, Refused, TargetGroup

RESOURCE = "ingress.k8s.aws/resource"
"""The tag by which the AWS Load Balancer Controller says what a target group stands for."""

_SECONDS = 20.0
"""How long one look may take; each request of it has its own, shorter limits."""
_REGION = re.compile(r"\.(?:elb\.)?([a-z]{2}(?:-[a-z]+)+-\d+)(?:\.elb)?\.amazonaws\.")
_MOST_TAGGED = 20
"""Of how many resources AWS gives the tags at once."""

Make = Callable[[str], Any]
"""From a region to a client of the service ``elbv2``."""


class Balancers:
    """Looks load balancers up; in a thread, as botocore waits where it stands."""

    def __init__(self, make: Make | None = None, tag: str = RESOURCE) -> None:
        self._make = make or _client
        self._tag = tag
        self._clients: dict[str, Any] = {}

    async def look(self, asked: Balancer) -> Balanced | Refused:
        """How a load balancer forwards. What goes wrong becomes a refusal with AWS' own words."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.to_thread(self._look, asked.host)
        except TimeoutError:
            return Refused(f"AWS did not answer within {_SECONDS:g} seconds", "failed")
        except ImportError:
            return Refused(HOW_TO_GET_IT, "failed")

    def _look(self, host: str) -> Balanced | Refused:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        try:
            client = self._client(region_of(host))
            balancer = _find(client, host)
            if balancer is None:
                return Refused(f"AWS knows no load balancer with the host name {host}", "failed")
            arn = balancer["LoadBalancerArn"]
            groups = tuple(self._groups(client, arn))
            names = {group.arn: group.resource for group in groups}
            return Balanced(balancer["LoadBalancerName"], arn, groups, tuple(_forwards(client, arn, names)))
        except (BotoCoreError, ClientError) as error:
            return Refused(" ".join(str(error).split())[:300], "failed")

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            self._clients[region] = self._make(region)
        return self._clients[region]

    def _groups(self, client: Any, arn: str) -> Iterator[TargetGroup]:
        """The target groups with what their tags say; those without the tag stand for nothing."""
        found = {item["TargetGroupArn"]: item["TargetGroupName"] for item in _pages(client, "target_groups", arn)}
        for arns in _batches(list(found)):
            for item in client.describe_tags(ResourceArns=arns)["TagDescriptions"]:
                tags = {tag["Key"]: tag.get("Value", "") for tag in item["Tags"]}
                yield TargetGroup(found[item["ResourceArn"]], item["ResourceArn"], tags.get(self._tag, ""))


def region_of(host: str) -> str:
    """The region that a load balancer's host name tells; empty where it tells none."""
    found = _REGION.search(host)
    return found.group(1) if found else ""


def _client(region: str) -> Any:
    import botocore.session  # noqa: PLC0415 - an extra
    from botocore.config import Config  # noqa: PLC0415

    config = Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2, "mode": "standard"})
    return botocore.session.get_session().create_client("elbv2", region_name=region or None, config=config)


def _find(client: Any, host: str) -> dict[str, Any] | None:
    """The load balancer with a host name; its dual-stack name counts, too."""
    wanted = host.removeprefix("dualstack.").lower()
    for page in client.get_paginator("describe_load_balancers").paginate():
        for item in page["LoadBalancers"]:
            if item.get("DNSName", "").lower() == wanted:
                return dict(item)
    return None


def _forwards(client: Any, arn: str, names: dict[str, str]) -> Iterator[dict[str, int]]:
    for listener in _pages(client, "listeners", arn):
        rules = client.get_paginator("describe_rules").paginate(ListenerArn=listener["ListenerArn"])
        for rule in (rule for page in rules for rule in page["Rules"]):
            for action in rule.get("Actions", ()):
                targets = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
                if len(targets) > 1:
                    yield {names.get(item["TargetGroupArn"], ""): item.get("Weight", 0) for item in targets}


def _pages(client: Any, what: str, arn: str) -> Iterator[dict[str, Any]]:
    """All items of a load balancer that are told page by page."""
    key = {"target_groups": "TargetGroups", "listeners": "Listeners"}[what]
    for page in client.get_paginator(f"describe_{what}").paginate(LoadBalancerArn=arn):
        yield from page[key]


def _batches(arns: list[str]) -> Iterator[list[str]]:
    return (arns[start : start + _MOST_TAGGED] for start in range(0, len(arns), _MOST_TAGGED))
