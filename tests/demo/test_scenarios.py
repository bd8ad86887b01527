"""The scenario says what the article's table says."""

import yaml

from demo.seeds import ISTIO, MOMENTS, PREFIX, SCENARIO
from serinus.cli import demo as command
from serinus.demo.article import manifest, shortened
from serinus.demo.scenarios import SCENARIOS
from serinus.demo.scenarios.column import FIRST, SECOND, THIRD
from serinus.demo.scenarios.istio import istio
from serinus.demo.scenarios.nginx import CANARY_INGRESS, CLASS, INGRESS


def test_the_command_offers_the_scenarios_that_there_are() -> None:
    assert set(command.SCENARIOS) == set(SCENARIOS)


def test_the_rows_are_those_of_the_article() -> None:
    told = {title: (moment.wanted.weight, moment.wanted.stable, moment.wanted.new) for title, moment in MOMENTS.items()}
    assert told == {
        "before": (0, FIRST, SECOND),
        "setWeight 10": (10, FIRST, SECOND),
        "setWeight 30": (30, FIRST, SECOND),
        "setWeight 60": (60, FIRST, SECOND),
        "full promotion": (100, FIRST, SECOND),
        "setWeight 10, 1.23.0": (10, SECOND, THIRD),
        "setWeight 30, 1.23.0": (30, SECOND, THIRD),
        "abort at 30 %": (0, SECOND, THIRD),
        "1.21.0 scaled to 0": (0, SECOND, THIRD),
        "1.23.0 scaled to 0": (0, SECOND, THIRD),
    }


def test_the_canary_ingress_is_there_only_while_a_canary_gets_a_part() -> None:
    for moment in SCENARIO.moments:
        weight = moment.wanted.weight
        canary = CLASS | {f"{PREFIX}/canary": "true", f"{PREFIX}/canary-weight": str(weight)}
        assert moment.wanted.ingresses == {INGRESS: CLASS} | ({CANARY_INGRESS: canary} if 0 < weight < 100 else {})


def test_the_commands_are_those_of_the_article() -> None:
    assert [" ".join(("kubectl", *moment.command)) for moment in SCENARIO.moments if moment.command] == [
        "kubectl apply -f nginx.yaml",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.22.0",
        "kubectl argo rollouts promote myapp-rollout",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.23.0",
        "kubectl argo rollouts abort myapp-rollout",
    ]


def test_short_pauses_change_nothing_but_timed_pauses() -> None:
    text = manifest(SCENARIO.manifest)
    long, short = list(yaml.safe_load_all(text)), list(yaml.safe_load_all(shortened(text, 6.0)))
    steps = long[-1]["spec"]["strategy"]["canary"]["steps"]
    assert [step["pause"] for step in steps if "pause" in step] == [{"duration": "5m"}, {"duration": "5m"}, {}]
    for step in steps:
        if step.get("pause"):
            step["pause"]["duration"] = "6s"
    assert short == long


def test_a_story_may_shorten_scale_down_delays_too_and_says_so() -> None:
    assert (SCENARIO.scale_down, ISTIO.scale_down, istio(300.0).scale_down) == (None, 16.0, 30.0)
    assert ISTIO.moments[-1].awaited == "the pods of nginx:1.23.0 have ended, 16 s after the abort"
    text = shortened(manifest(ISTIO.manifest), 16.0, ISTIO.scale_down)
    canary = list(yaml.safe_load_all(text))[-1]["spec"]["strategy"]["canary"]
    assert (canary["scaleDownDelaySeconds"], canary["abortScaleDownDelaySeconds"]) == (16, 16)
