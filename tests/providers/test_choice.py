"""Which provider a metric means, those of third parties included."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.orders import order, reading
from serinus import plugins
from serinus.api.provider import MetricProvider
from serinus.providers.choice import chosen, provider_name
from serinus.providers.provider import ProviderError

DICE = "example.com/dice"
PACKAGE = """
from serinus.providers.provider import AtOnce, Reading


class Dice(AtOnce):
    name = "example.com/dice"

    def run(self, order):
        yield from ()
        sides = order.metric.provider.plugin[self.name]["sides"]
        return Reading(sides, str(sides))
"""


def spec(**fields: Any) -> MetricProvider:
    return msgspec.convert(fields, MetricProvider)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a provider of its own."""
    (tmp_path / "dice_provider.py").write_text(PACKAGE)
    info = tmp_path / "dice-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{plugins.PROVIDERS}]\n{DICE} = dice_provider:Dice\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", ["prometheus", "newRelic", "cloudWatch"])
def test_a_field_names_the_provider(name: str) -> None:
    given = spec(
        prometheus={"query": "up"} if name == "prometheus" else None,
        newRelic={"query": "x"} if name == "newRelic" else None,
        cloudWatch={"metricDataQueries": []} if name == "cloudWatch" else None,
    )
    assert chosen(given, plugins.providers()).name == provider_name(given) == name


def test_exactly_one_is_configured() -> None:
    with pytest.raises(ProviderError, match=r"^no provider specified$"):
        provider_name(spec())
    with pytest.raises(ProviderError, match=r"^multiple providers specified$"):
        provider_name(spec(prometheus={}, web={"url": "http://x"}))
    with pytest.raises(ProviderError, match=r"^multiple providers specified$"):
        provider_name(spec(prometheus={}, plugin={DICE: {}}))


@pytest.mark.usefixtures("installed")
def test_a_provider_of_a_third_party_serves_under_its_name() -> None:
    given = order({"plugin": {DICE: {"sides": 6}}})
    found = reading(chosen(given.metric.provider, plugins.providers()).run(given))
    assert (found.result, found.value) == (6, "6")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["example.com/dize", "prometheus"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ProviderError, match=f"^no metric provider '{name}' is installed; there are: {DICE}$"):
        chosen(spec(plugin={name: {}}), plugins.providers())


def test_without_any_plugin_the_error_says_so() -> None:
    with pytest.raises(ProviderError, match="there are: none"):
        chosen(spec(plugin={DICE: {}}), plugins.providers())
