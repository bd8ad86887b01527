"""The Istio column: its moments, and what is told when something in it is off."""

import io
from collections.abc import Callable

import pytest
import yaml
from msgspec.structs import replace
from rich.console import Console

from demo.seeds import ISTIO, ISTIO_MOMENTS, SCENARIO, good, with_objects
from serinus.demo.article import manifest
from serinus.demo.check import offences
from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.scenarios.column import CANARY, FIRST, SECOND, STABLE
from serinus.demo.scenarios.istio import ROUTE
from serinus.demo.table import Now, details, table_of


def istio(title: str) -> Row:
    return good(title, ISTIO_MOMENTS)


def documents(name: str) -> dict[str, dict]:
    found = yaml.safe_load_all(manifest(name))
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in found}


def test_the_weights_are_those_of_the_article_and_the_canary_route_goes_at_full_promotion() -> None:
    assert {title: moment.wanted.virtual_services[ROUTE] for title, moment in ISTIO_MOMENTS.items()} == {
        "before": {STABLE: 100, CANARY: 0},
        "setWeight 10": {STABLE: 90, CANARY: 10},
        "setWeight 30": {STABLE: 70, CANARY: 30},
        "setWeight 60": {STABLE: 40, CANARY: 60},
        "full promotion": {STABLE: 100},
        "setWeight 10, 1.23.0": {STABLE: 90, CANARY: 10},
        "setWeight 30, 1.23.0": {STABLE: 70, CANARY: 30},
        "abort at 30 %": {STABLE: 100, CANARY: 0},
        "1.21.0 scaled to 0": {STABLE: 100, CANARY: 0},
        "1.23.0 scaled to 0": {STABLE: 100, CANARY: 0},
    }


def test_both_columns_tell_the_same_story_of_services_and_pods() -> None:
    told = [
        [(m.title, m.wanted.weight, m.wanted.services, m.wanted.pods) for m in scenario.moments]
        for scenario in (SCENARIO, ISTIO)
    ]
    assert told[0] == told[1]


def test_inside_and_outside_are_split_alike_and_rest_on_two_thousand_requests() -> None:
    for moment in ISTIO.moments:
        assert (moment.wanted.second, moment.wanted.requests) == (moment.wanted.weight, 2000)


def test_the_pod_inside_is_made_once_the_app_is_served() -> None:
    commands = [[" ".join(moment.command), " ".join(moment.then)] for moment in ISTIO.moments]
    assert commands[0] == ["apply -f istio.yaml", "apply -f caller.yaml"]
    assert not any(then for _, then in commands[1:])
    pod = documents("caller.yaml")["Pod/caller"]
    assert pod["metadata"]["annotations"] == {"local.serinus.dev/mesh": "true"}
    assert pod["spec"]["containers"][0]["command"][3:] == [STABLE, *ISTIO.images]


def test_the_manifests_of_both_columns_differ_in_the_router_alone() -> None:
    nginx, istio = documents("nginx.yaml"), documents("istio.yaml")
    assert set(nginx) ^ set(istio) == {"Ingress/myapp-ingress", "VirtualService/myapp-vsvc"}
    canary = istio["Rollout/myapp-rollout"]["spec"]["strategy"]["canary"]
    routing = canary.pop("trafficRouting")
    assert routing == {"istio": {"virtualServices": [{"name": "myapp-vsvc", "routes": ["primary"]}]}}
    nginx["Rollout/myapp-rollout"]["spec"]["strategy"]["canary"].pop("trafficRouting")
    assert all(nginx[name] == istio[name] for name in set(nginx) & set(istio))
    assert istio["VirtualService/myapp-vsvc"]["apiVersion"] == "networking.istio.io/v1beta1"


@pytest.mark.parametrize("title", ISTIO_MOMENTS)
def test_a_row_that_shows_what_is_wanted_has_no_offence(title: str) -> None:
    assert offences(istio(title)) == []


def routes(*weights: int) -> Callable[[Row], Row]:
    return lambda row: with_objects(row, virtual_services={ROUTE: dict(zip((STABLE, CANARY), weights, strict=False))})


@pytest.mark.parametrize(
    ("title", "spoil", "wanted"),
    [
        (
            "setWeight 10",
            lambda row: replace(row, second={FIRST: 2000}),
            f"{SECOND} got 0.0 % of 2000 requests from inside, not 10 % (by chance at most 2.7 points away)",
        ),
        (
            "setWeight 10",
            lambda row: replace(row, answers={FIRST: 1700, SECOND: 300}),
            f"{SECOND} got 15.0 % of 2000 requests from outside, not 10 % (by chance at most 2.7 points away)",
        ),
        (
            "setWeight 10",
            lambda row: replace(row, second={FIRST: 1799, SECOND: 200}),
            "the share rests on 1999 requests from inside, not on 2000",
        ),
        (
            "before",
            lambda row: replace(row, second={FIRST: 2000, "nginx:9": 1}),
            "1 requests from inside were answered by nginx:9, which should get none",
        ),
        (
            "setWeight 30",
            routes(90, 10),
            f"the VirtualService's route {ROUTE} leads to {STABLE} 90, {CANARY} 10, not to {STABLE} 70, {CANARY} 30",
        ),
        (
            "full promotion",
            routes(100, 0),
            f"the VirtualService's route {ROUTE} leads to {STABLE} 100, {CANARY} 0, not to {STABLE} 100",
        ),
        (
            "abort at 30 %",
            routes(100),
            f"the VirtualService's route {ROUTE} leads to {STABLE} 100, not to {STABLE} 100, {CANARY} 0",
        ),
        (
            "before",
            lambda row: with_objects(row, virtual_services={}),
            f"the VirtualService's route {ROUTE} is missing",
        ),
    ],
)
def test_what_is_off_is_told(title: str, spoil: Callable[[Row], Row], wanted: str) -> None:
    assert offences(spoil(istio(title))) == [f"{title}: {wanted}"]


def test_the_table_tells_both_sides_and_a_destination_per_line() -> None:
    console = Console(file=io.StringIO(), width=118, no_color=True)
    console.print(table_of(ISTIO, [istio("before"), istio("setWeight 10")]))
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert " ".join(lines[0][5:]) == "Weights as kubectl reads them Pods"
    assert lines[5:8] == [
        ["✔", "setWeight", "10", "10", "%", "outside", "10.0", "%", "2,000", "0", ROUTE, "1.21.0", "×", "3"],
        ["inside", "10.0", "%", "2,000", STABLE, "90", "1.22.0", "×", "1"],
        [CANARY, "10"],
    ]


def test_the_running_moment_shows_both_shares_so_far() -> None:
    console = Console(file=io.StringIO(), width=118, no_color=True)
    now = Now(ISTIO.moments[1], "2,000 requests", {FIRST: 4}, {FIRST: 3, SECOND: 1})
    console.print(table_of(ISTIO, [istio("before")], now))
    text = console.file.getvalue()
    assert "outside 0.0 %" in text
    assert "inside 25.0 %" in text


def test_details_name_both_sides_and_the_weights() -> None:
    assert details(istio("setWeight 30")).splitlines() == [
        "setWeight 30",
        "  wanted    30 % to nginx:1.22.0",
        "  observed  30.0 % of 2,000 requests from outside",
        "  observed  30.0 % of 2,000 requests from inside",
        "  failed    0 requests, transition included",
        f"  weights   {ROUTE}: {STABLE} 70, {CANARY} 30",
        "  Services  myapp-stable-svc → nginx:1.21.0, myapp-canary-svc → nginx:1.22.0",
        "  pods      nginx:1.21.0 × 3, nginx:1.22.0 × 1",
        "  ✔ as it should be",
    ]


def test_the_document_tells_the_inside_where_there_is_one() -> None:
    row = Record(ISTIO, [istio("setWeight 10")]).document()["rows"][0]
    assert row["inside"] == {"requests": 2000, "answers": {SECOND: 200, FIRST: 1800}, "share": 0.1}
    assert row["virtualServices"] == {ROUTE: {STABLE: 90, CANARY: 10}}
    assert "inside" not in Record(SCENARIO, [good("before")]).document()["rows"][0]
