"""Things happen by themselves, in their time, and the same way each time."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from serinus.api import keys
from serinus.api.kinds import INGRESS, POD, REPLICA_SET, ROLLOUT, SERVICE
from serinus.plan import Create, Plan, Ref, Seen
from serinus.world import Delays, Planner, StuckError, World
from serinus.world.delays import Chance
from serinus.world.network import NOBODY
from serinus.world.world import START
from stories import manifests
from stories.manifests import CANARY, HOST, STABLE, V1, V2

ROLL = Ref(ROLLOUT, "shop", manifests.NAME)
IDLE = Planner(lambda _seen, _now: Plan())


def world(planner: Planner = IDLE, **options: Any) -> World:
    return World(planner, **options)


def add_set(place: World, name: str, image: str, replicas: int, **spec: Any) -> Ref:
    ref = Ref(REPLICA_SET, "shop", name)
    template = manifests.template(image)
    template["metadata"]["labels"] = {"app": "myapp", keys.POD_TEMPLATE_HASH: name}
    selector = {"matchLabels": {keys.POD_TEMPLATE_HASH: name}}
    place.server.create(
        ref,
        {"metadata": {}, "spec": {"replicas": replicas, "selector": selector, "template": template} | spec},
        place.now,
    )
    return ref


def status(place: World, ref: Ref) -> dict[str, Any]:
    return place.server.read(ref).get("status", {})


def add_service(place: World, name: str, hash_: str) -> None:
    manifest = manifests.service(name)
    manifest["spec"]["selector"][keys.POD_TEMPLATE_HASH] = hash_
    place.server.create(Ref(SERVICE, "shop", name), manifest, place.now)


def add_ingress(place: World, name: str, service: str, **annotations: str) -> None:
    manifest = manifests.ingress()
    prefixed = {f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    manifest["metadata"]["annotations"] |= prefixed
    manifest["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = service
    place.server.create(Ref(INGRESS, "shop", name), manifest, place.now)


def by_version(place: World) -> dict[str, Fraction]:
    shares: dict[str, Fraction] = {}
    for pod, chance in place.request(HOST).items():
        version = pod.rpartition("-")[0] or NOBODY
        shares[version] = shares.get(version, Fraction(0)) + chance
    return shares


def test_a_replica_set_makes_pods_that_become_ready() -> None:
    place = world()
    ref = add_set(place, "v1", V1, 3)
    place.run_until(lambda: status(place, ref).get("replicas") == 3)
    assert status(place, ref)["readyReplicas"] == 0
    place.run_until(lambda: status(place, ref)["availableReplicas"] == 3)
    assert timedelta(seconds=0.5) < place.now - START < timedelta(seconds=6)


def test_pods_count_as_available_when_they_have_been_ready_for_a_while() -> None:
    place = world()
    ref = add_set(place, "v1", V1, 1, minReadySeconds=60)
    place.run_until(lambda: status(place, ref).get("readyReplicas") == 1)
    ready = place.now
    place.run_until(lambda: status(place, ref)["availableReplicas"] == 1)
    assert place.now - ready > timedelta(seconds=59)


def test_pods_that_do_not_serve_go_first() -> None:
    place = world()
    ref = add_set(place, "v1", V1, 2)
    place.run_until(lambda: status(place, ref).get("availableReplicas") == 2)
    serving = {name for name, _ in place.server.list(POD)}
    place.broken.add(V2)
    place.server.patch(
        ref, {"spec": {"template": {"spec": {"containers": [{"name": "nginx", "image": V2}]}}, "replicas": 4}}
    )
    place.run_until(lambda: status(place, ref).get("replicas") == 4)
    place.server.patch(ref, {"spec": {"replicas": 2}})
    place.run_for(60)
    assert {name for name, _ in place.server.list(POD)} == serving


def test_a_broken_version_is_never_ready_until_it_is_mended() -> None:
    place = world()
    place.broken.add(V1)
    ref = add_set(place, "v1", V1, 1)
    place.run_for(600)
    assert status(place, ref)["readyReplicas"] == 0
    place.broken.clear()
    place.run_until(lambda: status(place, ref)["readyReplicas"] == 1)
    place.broken.add(V1)
    place.run_until(lambda: status(place, ref)["readyReplicas"] == 0)


def two_versions(weight: str, **annotations: str) -> World:
    place = world()
    for name, image, service in (("v1", V1, STABLE), ("v2", V2, CANARY)):
        add_set(place, name, image, 2)
        add_service(place, service, name)
    add_ingress(place, "site", STABLE)
    add_ingress(place, "site-canary", CANARY, canary="true", canary_weight=weight, **annotations)
    place.run_for(60)
    return place


@pytest.mark.parametrize("weight", [0, 1, 30, 99, 100])
def test_requests_are_split_by_weight(weight: int) -> None:
    wanted = {"v1": Fraction(100 - weight, 100), "v2": Fraction(weight, 100)}
    assert by_version(two_versions(str(weight))) == {name: share for name, share in wanted.items() if share}


def test_the_total_of_weights_may_be_another_one() -> None:
    assert by_version(two_versions("5", canary_weight_total="1000"))["v2"] == Fraction(5, 1000)


def test_a_canary_without_pods_gets_no_request() -> None:
    place = two_versions("50")
    place.server.patch(Ref(REPLICA_SET, "shop", "v2"), {"spec": {"replicas": 0}})
    place.run_for(60)
    assert by_version(place) == {"v1": 1}


def test_a_canary_without_a_main_ingress_serves_nobody() -> None:
    place = two_versions("50")
    place.server.delete(Ref(INGRESS, "shop", "site"), place.now)
    place.run_for(60)
    assert by_version(place) == {NOBODY: 1}


def test_an_ingress_of_another_class_is_not_served() -> None:
    place = two_versions("50")
    place.server.patch(
        Ref(INGRESS, "shop", "site-canary"), {"metadata": {"annotations": {keys.INGRESS_CLASS: "other"}}}
    )
    place.run_for(60)
    assert by_version(place) == {"v1": 1}


def test_a_change_takes_effect_late() -> None:
    place = two_versions("50")
    place.server.patch(
        Ref(INGRESS, "shop", "site-canary"),
        {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary-weight": "0"}}},
    )
    assert by_version(place)["v2"] == Fraction(1, 2)
    place.run_for(2)
    assert by_version(place) == {"v1": 1}


def test_pods_that_end_under_requests_are_noticed() -> None:
    place = World(IDLE, delays=Delays(end=(0.0, 0.0), routes=(1.0, 1.0)))
    place.server.create(ROLL, manifests.rollout(), place.now)
    ref = add_set(place, "v1", V1, 2)
    add_service(place, STABLE, "v1")
    add_ingress(place, "site", STABLE)
    place.run_for(60)
    assert place.safety.breaches == []
    place.server.patch(ref, {"spec": {"replicas": 0}})
    place.run_for(60)
    assert any("which has ended" in text for text in place.safety.breaches)
    assert f"host {HOST} reaches nobody" in place.safety.breaches


def test_what_belongs_to_nobody_goes() -> None:
    place = world()
    owner = place.server.create(ROLL, manifests.rollout(), place.now)
    ref = add_set(place, "v1", V1, 2)
    place.server.patch(ref, {"metadata": {"ownerReferences": [{"uid": owner["metadata"]["uid"], "controller": True}]}})
    place.run_for(60)
    place.server.delete(ROLL, place.now)
    place.run_for(60)
    assert not list(place.server.objects)


def test_the_same_seed_tells_the_same_story() -> None:
    def moments(seed: int) -> list[object]:
        place = world(seed=seed)
        ref = add_set(place, "v1", V1, 3)
        place.run_until(lambda: status(place, ref).get("availableReplicas") == 3)
        return [place.now, place.server.objects]

    assert moments(1) == moments(1)
    assert moments(1) != moments(2)


def test_chance_keeps_to_its_span() -> None:
    lengths = [Chance(seed).within((1.0, 2.0), "x").total_seconds() for seed in range(200)]
    assert all(1 <= length <= 2 for length in lengths)
    assert max(lengths) - min(lengths) > 0.9


def test_waiting_for_what_never_happens_ends() -> None:
    place = world()
    with pytest.raises(StuckError, match="nothing more happens"):
        place.run_until(lambda: False)
    add_set(place, "v1", V1, 1)
    with pytest.raises(StuckError, match=r"not so within 0\.001 s"):
        place.run_until(lambda: False, 0.001)
    assert place.now == START + timedelta(seconds=3600.001)


def test_a_plan_that_wakes_in_the_past_is_found_out() -> None:
    place = world(Planner(lambda _, now: Plan(wake=now, why=("no reason",))))
    place.server.create(ROLL, manifests.rollout(), place.now)
    with pytest.raises(StuckError, match="no reason"):
        place.run_for(60)


def test_a_planner_that_goes_in_circles_is_found_out() -> None:
    count = iter(range(10**6))
    place = world(Planner(lambda _seen, _now: Plan(status={"phase": str(next(count))})))
    place.server.create(ROLL, manifests.rollout(), place.now)
    with pytest.raises(StuckError, match="goes in circles"):
        place.run_for(10**6)


def test_a_refused_creation_is_answered_at_the_next_look() -> None:
    answers: list[object] = []

    def plan(seen: Seen, now: object) -> Plan:
        answers.extend(seen.answers.values())
        manifest = {"metadata": {}, "spec": {"template": {}}}
        return Plan() if seen.answers else Plan(writes=(Create(Ref(REPLICA_SET, "shop", "bad"), manifest),))

    place = world(Planner(plan))
    place.server.create(ROLL, manifests.rollout(), place.now)
    place.run_for(60)
    assert "spec.template.spec.containers: Required value" in str(answers[0])
    assert place.requests == []


def test_a_controller_that_dies_in_mid_plan_has_done_the_first_part() -> None:
    def plan(seen: Seen, now: object) -> Plan:
        if seen.rollout.status.phase:
            return Plan()
        names = [name for name in ("a", "b") if name not in {item.name for item in seen.replica_sets}]
        owner = [seen.rollout.owner_reference]
        template = manifests.template(V1)
        spec = {"replicas": 0, "selector": {"matchLabels": {"app": "myapp"}}, "template": template}
        writes = [
            Create(Ref(REPLICA_SET, "shop", n), {"metadata": {"ownerReferences": owner}, "spec": spec}) for n in names
        ]
        return Plan(writes=tuple(writes), status={"phase": "Healthy"})

    place = world(Planner(plan))
    place.server.create(ROLL, manifests.rollout(), place.now)
    place.die_after = 1
    place.run_until(lambda: bool(place.requests))
    assert [ref.name for ref, _ in place.server.list(REPLICA_SET)] == ["a"]
    place.run_for(60)
    assert [ref.name for ref, _ in place.server.list(REPLICA_SET)] == ["a", "b"]
    assert status(place, ROLL) == {"phase": "Healthy"}
