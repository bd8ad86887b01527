"""Every example of docs/providers.md is one."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from providers.orders import http, json_reply, order, play
from providers.samples import METRICS, SECRETS
from serinus import plugins
from serinus.api.provider import MetricProvider
from serinus.providers.choice import BUILT_IN, provider_name
from serinus.providers.provider import HTTPRequest, ProviderError

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)]
PROVIDERS = plugins.providers()


def name_of(example: dict[str, Any]) -> str:
    return next(iter(example))


def test_every_provider_has_an_example() -> None:
    assert {name_of(example) for example in EXAMPLES} == BUILT_IN | {"plugin"}


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_the_example_has_known_fields_only(example: dict[str, Any]) -> None:
    decoded = msgspec.convert(example, MetricProvider)
    assert name_of(example) in {provider_name(decoded), "plugin"}
    assert pruned(example, msgspec.to_builtins(decoded)) == []


@pytest.mark.parametrize("example", [item for item in EXAMPLES if name_of(item) in METRICS], ids=name_of)
def test_the_example_can_be_asked(example: dict[str, Any]) -> None:
    given = order(example, secrets=SECRETS)
    try:
        request = next(PROVIDERS[name_of(example)].run(given))
    except ProviderError as error:
        assert str(error) == "the AWS region is not known: set AWS_REGION where the controller runs"  # noqa: PT017
    else:
        assert http(request).timeout > 0


def test_the_example_in_python_works() -> None:
    (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(text, scope)
    given = order(EXAMPLES[-1])
    asked, outcome = play(scope["Dice"]().run(given), json_reply({"rolled": 4}))
    assert asked == [HTTPRequest(url="https://dice.example.com/roll?sides=6")]
    assert (outcome.result, outcome.value) == (4, "4")


def pruned(given: Any, kept: Any, path: str = "") -> list[str]:
    """What decoding has dropped, defaults apart."""
    if isinstance(given, dict):
        missing = [f"{path}.{key}" for key in given if key not in kept and given[key] not in ({}, "", False, 0)]
        return missing + [
            item for key in given if key in kept for item in pruned(given[key], kept[key], f"{path}.{key}")
        ]
    if isinstance(given, list):
        return [item for one, other in zip(given, kept, strict=True) for item in pruned(one, other, path)]
    return []
