"""Every way in which a row can be off gives one clear line."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from demo.seeds import MOMENTS, PREFIX, good, with_objects
from serinus.demo.check import offences
from serinus.demo.reading import Size
from serinus.demo.row import Row
from serinus.demo.scenarios.column import FIRST, SECOND, THIRD
from serinus.demo.scenarios.nginx import CANARY_INGRESS, CLASS, INGRESS

TEN = CLASS | {f"{PREFIX}/canary": "true", f"{PREFIX}/canary-weight": "10"}
EXTRA = f"{PREFIX}/canary-by-header"


@pytest.mark.parametrize("title", MOMENTS)
def test_a_row_that_shows_what_is_wanted_has_no_offence(title: str) -> None:
    assert offences(good(title)) == []


def ingress(annotations: dict[str, str], name: str = CANARY_INGRESS) -> Callable[[Row], Row]:
    return lambda row: with_objects(row, ingresses={INGRESS: CLASS, name: annotations})


def pods(size: Size) -> Callable[[Row], Row]:
    return lambda row: with_objects(row, pods={**row.objects.pods, SECOND: size})


def answers(**counts: int) -> Callable[[Row], Row]:
    images = {"first": FIRST, "second": SECOND, "third": THIRD}
    return lambda row: replace(row, answers={images[name]: count for name, count in counts.items()})


SPOILED: list[tuple[str, Callable[[Row], Row], list[str]]] = [
    (
        "weight too low",
        answers(first=961, second=39),
        ["nginx:1.22.0 got 3.9 % of 1000 requests, not 10 % (by chance at most 3.8 points away)"],
    ),
    (
        "weight too high",
        answers(first=861, second=139),
        ["nginx:1.22.0 got 13.9 % of 1000 requests, not 10 % (by chance at most 3.8 points away)"],
    ),
    ("too few requests", answers(first=900, second=99), ["the share rests on 999 requests, not on 1000"]),
    ("no requests", answers(), ["the share rests on 0 requests, not on 1000"]),
    (
        "a third version answers",
        answers(first=899, second=100, third=1),
        ["1 requests were answered by nginx:1.23.0, which should get none"],
    ),
    (
        "a failed request",
        lambda row: replace(row, failed=1, failures=("status 502 from the gateway (sent at 3.20 s)",)),
        ["1 failed request, the first: status 502 from the gateway (sent at 3.20 s)"],
    ),
    (
        "canary Ingress missing",
        lambda row: with_objects(row, ingresses={INGRESS: CLASS}),
        [f"the Ingress {CANARY_INGRESS} is missing"],
    ),
    (
        "canary Ingress under another name",
        ingress(TEN, "myapp-rollout-myapp-ingress-canary"),
        [
            "the Ingress myapp-rollout-myapp-ingress-canary is there and should not be",
            f"the Ingress {CANARY_INGRESS} is missing",
        ],
    ),
    (
        "canary-weight stale",
        ingress(TEN | {f"{PREFIX}/canary-weight": "0"}),
        [f'the Ingress {CANARY_INGRESS} has the annotation {PREFIX}/canary-weight "0", not "10"'],
    ),
    (
        "canary not true",
        ingress(TEN | {f"{PREFIX}/canary": "false"}),
        [f'the Ingress {CANARY_INGRESS} has the annotation {PREFIX}/canary "false", not "true"'],
    ),
    (
        "class missing",
        ingress({key: value for key, value in TEN.items() if key not in CLASS}),
        [f'the Ingress {CANARY_INGRESS} has no annotation kubernetes.io/ingress.class, which should be "nginx"'],
    ),
    (
        "an annotation too many",
        ingress(TEN | {EXTRA: "X-Canary"}),
        [
            f'the Ingress {CANARY_INGRESS} has the annotation {EXTRA} "X-Canary", which should not be there',
        ],
    ),
    (
        "canary Service looks at the old version",
        lambda row: with_objects(row, services={**row.objects.services, "myapp-canary-svc": FIRST}),
        ["the Service myapp-canary-svc selects nginx:1.21.0, not nginx:1.22.0"],
    ),
    (
        "stable Service gone",
        lambda row: with_objects(row, services={"myapp-canary-svc": SECOND}),
        ["the Service myapp-stable-svc is missing"],
    ),
    (
        "too many pods",
        pods(Size(3, 3, 3)),
        ["the ReplicaSet of nginx:1.22.0 has not 1 pods: 3 wanted, 3 there, 3 available"],
    ),
    (
        "pods not available",
        pods(Size(1, 1, 0)),
        ["the ReplicaSet of nginx:1.22.0 has not 1 pods: 1 wanted, 1 there, 0 available"],
    ),
    (
        "no ReplicaSet",
        lambda row: with_objects(row, pods={FIRST: Size(3, 3, 3)}),
        ["there is no ReplicaSet of nginx:1.22.0, which should have 1 pods"],
    ),
    (
        "the moment did not come",
        lambda row: replace(row, troubles=("did not come in 30 s: nginx:1.22.0 gets 10 %",)),
        ["did not come in 30 s: nginx:1.22.0 gets 10 %"],
    ),
]


@pytest.mark.parametrize(("spoil", "wanted"), [case[1:] for case in SPOILED], ids=[case[0] for case in SPOILED])
def test_what_is_off_is_told(spoil: Callable[[Row], Row], wanted: list[str]) -> None:
    assert offences(spoil(good("setWeight 10"))) == [f"setWeight 10: {line}" for line in wanted]


@pytest.mark.parametrize("count", [63, 100, 137])
def test_a_share_within_four_standard_errors_is_good(count: int) -> None:
    assert offences(answers(first=1000 - count, second=count)(good("setWeight 10"))) == []


@pytest.mark.parametrize("title", ["before", "abort at 30 %"])
def test_where_nothing_goes_to_the_new_version_one_request_is_too_many(title: str) -> None:
    row = good(title)
    row = replace(row, answers={row.wanted.stable: 9999, row.wanted.new: 1})
    assert [line.startswith(f"{title}: {row.wanted.new} got 0.0 % of 10000 requests") for line in offences(row)] == [
        True
    ]


def test_after_the_promotion_one_request_to_the_old_version_is_too_many() -> None:
    row = replace(good("full promotion"), answers={FIRST: 1, SECOND: 9999})
    assert len(offences(row)) == 1


def test_a_canary_ingress_after_the_promotion_should_not_be_there() -> None:
    assert offences(ingress(TEN)(good("full promotion"))) == [
        f"full promotion: the Ingress {CANARY_INGRESS} is there and should not be"
    ]


def test_pods_that_end_still_count() -> None:
    row = good("1.21.0 scaled to 0")
    row = with_objects(row, pods={**row.objects.pods, FIRST: Size(0, 1, 0)})
    assert offences(row) == [
        "1.21.0 scaled to 0: the ReplicaSet of nginx:1.21.0 has not 0 pods: 0 wanted, 1 there, 0 available"
    ]
