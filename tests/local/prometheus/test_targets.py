"""Which pods are scraped, and under which labels."""

import msgspec
import yaml

from serinus.local.gateways.objects import EndpointSlice, Found, Pod
from serinus.local.prometheus.targets import targets

STABLE, CANARY = "myapp-stable-svc", "myapp-canary-svc"


def pod(name: str, pod_hash: str = "", listens: str = '{"80":"127.0.0.1:4000"}', **wishes: str) -> Pod:
    annotations = {"local.serinus.dev/listens": listens}
    annotations |= {f"prometheus.io/{wish}": value for wish, value in wishes.items()}
    labels = {"app": "myapp", "rollouts-pod-template-hash": pod_hash} if pod_hash else {}
    metadata = {"namespace": "default", "name": name, "annotations": annotations, "labels": labels}
    return msgspec.convert({"metadata": metadata}, Pod)


def piece(service: str, *pods: str, ports: str = "[{port: 80}]") -> EndpointSlice:
    return msgspec.convert(
        {
            "metadata": {"namespace": "default", "name": service, "labels": {"kubernetes.io/service-name": service}},
            "endpoints": [{"targetRef": {"kind": "Pod", "name": name}} for name in pods],
            "ports": yaml.safe_load(ports),
        },
        EndpointSlice,
    )


def labels(found: Found, *receivers: str) -> list[tuple[str | None, str]]:
    names = [("default", service) for service in receivers]
    return [(target.labels.get("service"), target.labels["pod"]) for target in targets(found, names)]


def test_a_target_carries_what_the_articles_query_asks_for() -> None:
    found = Found(pods=(pod("a", "6f5"),), slices=(piece(STABLE, "a"),))
    (target,) = targets(found)
    assert target.targets == ("127.0.0.1:4000",)
    assert target.labels == {
        "namespace": "default",
        "pod": "a",
        "service": STABLE,
        "rollouts_pod_template_hash": "6f5",
        "instance": "a:80",
    }


def test_each_version_counts_for_its_own_service_during_an_update() -> None:
    found = Found(pods=(pod("new"), pod("old")), slices=(piece(STABLE, "old"), piece(CANARY, "new")))
    assert labels(found, STABLE, CANARY) == [(CANARY, "new"), (STABLE, "old")]


def test_a_canary_that_gets_no_traffic_yet_is_scraped_already() -> None:
    found = Found(pods=(pod("new"), pod("old")), slices=(piece(STABLE, "old"), piece(CANARY, "new")))
    assert labels(found, STABLE) == [(CANARY, "new"), (STABLE, "old")]


def test_between_updates_nothing_counts_for_the_canary_service() -> None:
    found = Found(pods=(pod("a"),), slices=(piece(STABLE, "a"), piece(CANARY, "a")))
    assert labels(found, STABLE) == [(STABLE, "a")]


def test_a_pod_of_several_services_counts_for_each_that_gets_requests() -> None:
    found = Found(pods=(pod("a"),), slices=(piece(STABLE, "a"), piece(CANARY, "a"), piece("other", "a")))
    assert labels(found, STABLE, CANARY) == [(CANARY, "a"), (STABLE, "a")]


def test_without_any_gateway_it_counts_for_each_service() -> None:
    found = Found(pods=(pod("a"),), slices=(piece(STABLE, "a"), piece(CANARY, "a")))
    assert labels(found) == [(CANARY, "a"), (STABLE, "a")]


def test_a_service_of_another_namespace_is_another_one() -> None:
    found = Found(pods=(pod("a"),), slices=(piece(STABLE, "a"), piece(CANARY, "a")))
    assert len(targets(found, [("shop", STABLE)])) == 2


def test_only_the_services_ports_are_scraped_and_all_ports_of_a_pod_without_one() -> None:
    both = '{"80":"127.0.0.1:4000","9000":"127.0.0.1:4001"}'
    found = Found(pods=(pod("a", listens=both), pod("b", listens=both)), slices=(piece("web", "a"),))
    assert [(target.labels["instance"], target.targets) for target in targets(found)] == [
        ("a:80", ("127.0.0.1:4000",)),
        ("b:80", ("127.0.0.1:4000",)),
        ("b:9000", ("127.0.0.1:4001",)),
    ]


def test_annotations_choose_port_and_path_or_refuse() -> None:
    both = '{"80":"127.0.0.1:4000","9000":"127.0.0.1:4001"}'
    pods = (pod("a", listens=both, port="9000", path="/stats"), pod("b", scrape="false"))
    (target,) = targets(Found(pods=pods, slices=(piece("web", "a", "b"),)))
    assert (target.targets, target.labels["__metrics_path__"]) == (("127.0.0.1:4001",), "/stats")
    assert (target.labels["service"], target.labels["instance"]) == ("web", "a:9000")


def test_what_nobody_can_reach_is_left_out() -> None:
    udp = piece("dns", "a", ports="[{port: 80, protocol: UDP}]")
    foreign = msgspec.convert(
        {
            "metadata": {"namespace": "default", "name": "x", "labels": {"kubernetes.io/service-name": "x"}},
            "endpoints": [{"addresses": ["192.0.2.1"]}],
            "ports": None,
        },
        EndpointSlice,
    )
    found = Found(pods=(pod("a", listens="{}"),), slices=(udp, foreign, piece("web", "gone", "a")))
    assert targets(found) == []


def test_the_order_is_fixed() -> None:
    pods, slices = (pod("b"), pod("a")), (piece("y", "a", "b"), piece("x", "a"))
    one = targets(Found(pods=pods, slices=slices))
    assert one == targets(Found(pods=pods[::-1], slices=slices[::-1]))
    assert [target.labels["pod"] for target in one] == ["a", "a", "b"]
