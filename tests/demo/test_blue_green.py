"""The blue-green story: what users see and what testers see, and how the table tells it."""

import io
from collections.abc import Callable

import msgspec
import pytest
import yaml
from msgspec.structs import replace
from rich.console import Console

from demo.seeds import BLUE_GREEN, BLUE_GREEN_MOMENTS, good, with_objects
from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.demo.article import manifest, shortened
from serinus.demo.check import offences
from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.scenarios.blue_green import ACTIVE, PREVIEW, blue_green
from serinus.demo.scenarios.column import FIRST, SECOND, THIRD
from serinus.demo.scenarios.nginx import CLASS
from serinus.demo.sight import Sight
from serinus.demo.table import details, table_of
from serinus.demo.tally import Outcome, Tally


def seen(title: str) -> Row:
    return good(title, BLUE_GREEN_MOMENTS)


def test_users_see_one_version_as_a_whole_and_testers_the_newest() -> None:
    told = {title: (moment.wanted.services[ACTIVE], moment.wanted.services[PREVIEW]) for title, moment in
            BLUE_GREEN_MOMENTS.items()}  # fmt: skip
    assert told == {
        "before": (FIRST, FIRST),
        "preview of 1.22.0": (FIRST, SECOND),
        "promotion": (SECOND, SECOND),
        "rollback in the delay": (FIRST, FIRST),
        "preview of 1.23.0": (FIRST, THIRD),
        "1.22.0 scaled to 0": (FIRST, THIRD),
        "abort": (FIRST, THIRD),
    }
    for moment in BLUE_GREEN.moments:
        wanted = moment.wanted
        assert wanted.services[ACTIVE] == (wanted.new if wanted.weight else wanted.stable)
        assert wanted.services[PREVIEW] == (wanted.new if wanted.second else wanted.stable)


def test_the_commands_are_those_that_a_user_types() -> None:
    assert [" ".join(("kubectl", *moment.command)) for moment in BLUE_GREEN.moments if moment.command] == [
        "kubectl apply -f blue-green.yaml",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.22.0",
        "kubectl argo rollouts promote myapp-rollout",
        "kubectl argo rollouts undo myapp-rollout",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.23.0",
        "kubectl argo rollouts abort myapp-rollout",
    ]


def test_a_person_approves_and_only_delays_are_shortened() -> None:
    text = manifest(BLUE_GREEN.manifest)
    long, short = list(yaml.safe_load_all(text)), list(yaml.safe_load_all(shortened(text, 10.0, BLUE_GREEN.scale_down)))
    assert long[-1]["kind"] == ROLLOUT.kind
    strategy = msgspec.convert(long[-1], Rollout).spec.strategy.blue_green
    assert strategy is not None
    assert (strategy.active_service, strategy.preview_service) == (ACTIVE, PREVIEW)
    assert strategy.auto_promotion_enabled is False
    delays = {"scaleDownDelaySeconds": 10, "abortScaleDownDelaySeconds": 10}
    long[-1]["spec"]["strategy"]["blueGreen"] |= delays
    assert short == long
    assert blue_green(300.0).scale_down == 30.0


@pytest.mark.parametrize(
    ("title", "spoil", "wanted"),
    [
        (
            "preview of 1.22.0",
            lambda row: replace(row, answers={FIRST: 999, SECOND: 1}),
            f"{SECOND} got 0.1 % of 1000 requests from users, not 0 % (by chance at most 0.0 points away)",
        ),
        (
            "promotion",
            lambda row: replace(row, answers={FIRST: 1, SECOND: 999}),
            f"{SECOND} got 99.9 % of 1000 requests from users, not 100 % (by chance at most 0.0 points away)",
        ),
        (
            "preview of 1.23.0",
            lambda row: replace(row, second={FIRST: 300}),
            f"{THIRD} got 0.0 % of 300 requests from testers, not 100 % (by chance at most 0.0 points away)",
        ),
        (
            "promotion",
            lambda row: replace(row, second={SECOND: 299}),
            "the share rests on 299 requests from testers, not on 300",
        ),
        (
            "rollback in the delay",
            lambda row: with_objects(row, services={ACTIVE: SECOND, PREVIEW: FIRST}),
            f"the Service {ACTIVE} selects {SECOND}, not {FIRST}",
        ),
        (
            "abort",
            lambda row: with_objects(row, ingresses={"myapp-ingress": CLASS}),
            "the Ingress myapp-preview-ingress is missing",
        ),
    ],
)
def test_what_is_off_is_told(title: str, spoil: Callable[[Row], Row], wanted: str) -> None:
    assert offences(seen(title)) == []
    assert offences(spoil(seen(title))) == [f"{title}: {wanted}"]


def test_the_table_tells_who_sees_which_version() -> None:
    console = Console(file=io.StringIO(), width=118, no_color=True)
    rows = [seen("before"), seen("preview of 1.22.0"), replace(seen("promotion"), switch=0.05)]
    console.print(table_of(BLUE_GREEN, rows))
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert lines[0].endswith("Services as kubectl reads them Pods")
    assert lines[4:9] == [
        f"✔ preview of 1.22.0 0 % users 0.0 % 300 0 {ACTIVE} → {FIRST} 1.21.0 × 3",
        f"testers 100.0 % 300 {PREVIEW} → {SECOND} 1.22.0 × 3",
        f"✔ promotion 100 % users 100.0 % 300 0 {ACTIVE} → {SECOND} 1.21.0 × 3",
        f"testers 100.0 % 300 {PREVIEW} → {SECOND} 1.22.0 × 3",
        "both answered for 0.05 s",
    ]


def test_details_and_the_document_tell_testers_and_the_switch() -> None:
    row = replace(seen("promotion"), switch=0.0512)
    assert "  observed  100.0 % of 300 requests from testers\n" in details(row)
    assert "  switch    both versions answered for 0.05 s\n" in details(row)
    told = Record(BLUE_GREEN, [row]).document()["rows"][0]
    assert told["testers"] == {"requests": 300, "answers": {SECOND: 300}, "share": 1.0}
    assert told["switchSeconds"] == 0.051
    assert "switchSeconds" not in Record(BLUE_GREEN, [seen("before")]).document()["rows"][0]


def test_a_switch_is_what_users_see() -> None:
    tally = Tally()
    for sent, image, side in [(1.0, "old", ""), (2.0, "new", "testers"), (3.0, "new", ""), (4.0, "old", "testers")]:
        tally.add(Outcome(sent, image, side=side))
    assert (tally.first, tally.last) == ({"old": 1.0, "new": 3.0}, {"old": 1.0, "new": 3.0})


def test_a_pause_counts_for_the_version_that_comes() -> None:
    rollout = {"metadata": {"name": "myapp-rollout"}, "status": {"phase": "Paused", "observedGeneration": "0"}}
    sight = Sight(rollout=msgspec.convert(rollout, Rollout))
    assert not sight.is_paused_on(SECOND)
    assert sight.is_paused_on("")
