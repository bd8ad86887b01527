"""Load balancers as AWS describes them, by botocore with its own double of the service."""

from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from serinus.controller.balancers import Balancers, region_of
from serinus.plan import Balanced, Balancer, Refused, TargetGroup

HOST = "k8s-shop-edge-1.eu-west-1.elb.amazonaws.com"
ASK = Balancer(HOST, "1")
ARN = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/1"
GROUPS = {name: f"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/1" for name in ("web", "canary", "other")}
RULE = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/1"


@pytest.fixture
def client() -> Any:
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "key"}
    return botocore.session.get_session().create_client("elbv2", region_name="eu-west-1", **keys)


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def balancers(client: Any) -> Balancers:
    return Balancers(lambda region: {"eu-west-1": client}[region])


def forward(**weights: int) -> dict[str, Any]:
    groups = [{"TargetGroupArn": GROUPS[name], "Weight": weight} for name, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def found(stub: Stubber, *hosts: str) -> None:
    items = [{"LoadBalancerArn": ARN, "LoadBalancerName": "shop", "DNSName": host} for host in hosts]
    stub.add_response("describe_load_balancers", {"LoadBalancers": items[:1], "NextMarker": "more"}, {})
    stub.add_response("describe_load_balancers", {"LoadBalancers": items[1:]}, {"Marker": "more"})


def tagged(name: str, tag: str = "ingress.k8s.aws/resource") -> dict[str, Any]:
    return {"ResourceArn": GROUPS[name], "Tags": [{"Key": tag, "Value": f"shop/edge-{name}:80"}]}


def described(stub: Stubber, *tags: dict[str, Any]) -> None:
    groups = [{"TargetGroupArn": arn, "TargetGroupName": f"k8s-{name}"} for name, arn in GROUPS.items()]
    stub.add_response("describe_target_groups", {"TargetGroups": groups}, {"LoadBalancerArn": ARN})
    stub.add_response("describe_tags", {"TagDescriptions": list(tags)}, {"ResourceArns": list(GROUPS.values())})
    listener = {"ListenerArn": "listener"}
    stub.add_response("describe_listeners", {"Listeners": [listener]}, {"LoadBalancerArn": ARN})
    split = {"RuleArn": RULE, "Actions": [forward(web=80, canary=20)]}
    alone = {"RuleArn": RULE, "Actions": [forward(other=1)]}
    fixed = {"RuleArn": RULE, "Actions": [{"Type": "fixed-response"}]}
    stub.add_response("describe_rules", {"Rules": [split, alone, fixed]}, {"ListenerArn": "listener"})


@pytest.mark.parametrize("host", [HOST, f"dualstack.{HOST}", f"K8S{HOST[3:]}"])
async def test_a_load_balancer_is_found_by_its_host_name(stub: Stubber, balancers: Balancers, host: str) -> None:
    found(stub, "other.eu-west-1.elb.amazonaws.com", HOST)
    described(stub, tagged("web"), tagged("canary"), tagged("other", "team"))
    answer = await balancers.look(Balancer(host, "1"))
    assert isinstance(answer, Balanced)
    assert (answer.name, answer.arn) == ("shop", ARN)
    assert answer.groups[0] == TargetGroup("k8s-web", GROUPS["web"], "shop/edge-web:80")
    assert answer.groups[2].resource == ""
    assert answer.forwards == ({"shop/edge-web:80": 80, "shop/edge-canary:80": 20},)


async def test_another_tag_may_say_what_a_group_stands_for(stub: Stubber, client: Any) -> None:
    found(stub, "other.eu-west-1.elb.amazonaws.com", HOST)
    described(stub, tagged("web", "stack"), tagged("canary", "stack"), tagged("other"))
    answer = await Balancers(lambda _: client, tag="stack").look(ASK)
    assert isinstance(answer, Balanced)
    assert set(answer.forwards[0]) == {"shop/edge-web:80", "shop/edge-canary:80"}


async def test_a_load_balancer_that_is_not_there_is_named(stub: Stubber, balancers: Balancers) -> None:
    found(stub, "other.eu-west-1.elb.amazonaws.com")
    answer = await balancers.look(ASK)
    assert answer == Refused(f"AWS knows no load balancer with the host name {HOST}", "failed")


async def test_what_aws_refuses_is_told_in_its_words(stub: Stubber, balancers: Balancers) -> None:
    stub.add_client_error("describe_load_balancers", "AccessDenied", "not authorized")
    answer = await balancers.look(ASK)
    assert isinstance(answer, Refused)
    assert answer.kind == "failed"
    assert "AccessDenied" in answer.message
    assert "not authorized" in answer.message


async def test_without_the_extra_it_is_said_how_to_get_it() -> None:
    def missing(region: str) -> Callable[..., Any]:
        raise ImportError(region)

    answer = await Balancers(missing).look(ASK)
    assert isinstance(answer, Refused)
    assert "serinus[aws]" in answer.message


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "eu-west-1"),
        ("dualstack.x-1.us-gov-west-1.elb.amazonaws.com", "us-gov-west-1"),
        ("x-1.elb.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("x-1.cn-north-1.elb.amazonaws.com.cn", "cn-north-1"),
        ("shop.example.com", ""),
    ],
)
def test_a_host_name_tells_its_region(host: str, region: str) -> None:
    assert region_of(host) == region
