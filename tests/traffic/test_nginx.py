"""What only the nginx router has: names, and what it does while traffic settles."""

from pathlib import Path

from serinus.api.kinds import INGRESS
from serinus.plan import Ref
from serinus.traffic.nginx import Nginx, argo_name, canary_name
from traffic.cases import NAMESPACE, UID, apply, files, load, objects, rollout, traffic

ROUTING = {"nginx": {"stableIngresses": ["one", "two"]}}


def test_it_reads_every_ingress_under_both_names() -> None:
    names = [ref.name for ref in Nginx().reads(rollout(ROUTING))]
    assert names == ["one", "one-web-canary", "web-one-canary", "two", "two-web-canary", "web-two-canary"]
    assert set(Nginx().reads(rollout(ROUTING))) == {Ref(INGRESS, NAMESPACE, name) for name in names}


def test_names_fit_into_253_characters() -> None:
    long = "i" * 250
    assert len(canary_name(rollout(ROUTING), long)) == 253
    cut = argo_name(rollout(ROUTING), long)
    assert len(cut) == 253
    assert cut.startswith("web-iii")
    assert cut.endswith("-canary")


def test_it_serves_only_who_asks_for_it() -> None:
    assert Nginx().serves(rollout(ROUTING).spec.strategy.canary.traffic_routing)  # type: ignore[union-attr, arg-type]
    plain = rollout({"istio": {"virtualService": {"name": "x"}}}).spec.strategy.canary
    assert not Nginx().serves(plain.traffic_routing)  # type: ignore[union-attr, arg-type]


def test_one_missing_ingress_does_not_keep_the_others_from_their_weight() -> None:
    found = load(Path(__file__).parent / "nginx" / "before.yaml").given
    only_one = objects([found[0] | {"metadata": {"name": "one", "namespace": NAMESPACE}}])
    wanted = Nginx().route(traffic(rollout(ROUTING), weight=10), only_one)
    assert [item.ref.name for item in wanted] == ["one-web-canary"]
    assert wanted[0].manifest["metadata"]["ownerReferences"][0]["uid"] == UID


def test_while_traffic_settles_the_ingress_stays_as_it_is() -> None:
    case = load(Path(__file__).parent / "nginx" / "over.yaml")
    given = objects(case.given)
    decided = traffic(rollout(case.routing), **case.traffic, is_settling=True)
    assert apply(Nginx(), decided, given) == (given, 0)


def test_every_weight_is_written_as_it_was_decided() -> None:
    given = objects(load(files("nginx")[0]).given)
    for weight in range(1, 101):
        (wanted,) = Nginx().route(traffic(rollout({"nginx": {"stableIngress": "site"}}), weight=weight), given)
        annotations = wanted.manifest["metadata"]["annotations"]
        assert annotations["nginx.ingress.kubernetes.io/canary-weight"] == str(weight)
