"""New Relic's NerdGraph (https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/)."""

from collections.abc import Mapping, Sequence
from typing import Any

from serinus.api.provider import NewRelicMetric
from serinus.providers import graphql
from serinus.providers.address import require_url
from serinus.providers.fields import secret, without_data
from serinus.providers.provider import AtOnce, Measuring, Order, ProviderError, Reading, SecretName
from serinus.providers.text import json_text

DEFAULT_TIMEOUT = 5
ADDRESSES = {
    "us": "https://api.newrelic.com/graphql",
    "eu": "https://api.eu.newrelic.com/graphql",
    "staging": "https://staging-api.newrelic.com/graphql",
}
"""By region."""
QUERY = (
    "query($account: Int!, $query: Nrql!, $timeout: Seconds) "
    "{ actor { account(id: $account) { nrql(query: $query, timeout: $timeout) { results } } } }"
)


class NewRelic(AtOnce):
    """The one result of an NRQL query as a map, or several as a list of maps."""

    name = "newRelic"

    def secrets(self, order: Order) -> Sequence[SecretName]:
        """The profile's."""
        return (_profile(order),)

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        return {"ResolvedNewRelicQuery": _spec(order).query}

    def run(self, order: Order) -> Measuring:
        """Ask for the results."""
        spec = _spec(order)
        timeout = DEFAULT_TIMEOUT if spec.timeout is None else spec.timeout
        if timeout <= 0:
            raise ProviderError("newRelic timeout should be longer than nothing")
        profile = secret(order, _profile(order), "personal-api-key", "account-id")
        account = profile["account-id"]
        if not (account.isascii() and account.isdigit()):
            raise ProviderError(f"Secret {_profile(order).name}: account-id is not a number")
        endpoint = graphql.Endpoint(
            who="New Relic",
            url=_address(profile),
            timeout=timeout,
            headers=(("API-Key", profile["personal-api-key"]),),
        )
        variables = {"account": int(account), "query": spec.query, "timeout": timeout}
        results = _results((yield from graphql.query(endpoint, QUERY, variables)))
        if not results or results == [{}]:
            return without_data(order, "no results returned from NRQL query")
        result = results[0] if len(results) == 1 else results
        return Reading(result, json_text(result))


def _address(profile: Mapping[str, str]) -> str:
    region = profile.get("region", "us").lower() or "us"
    if own := profile.get("base-url-nerdgraph"):
        return require_url(own, "base-url-nerdgraph")
    if region not in ADDRESSES:
        raise ProviderError(f"New Relic has no region {region!r}; there are: {', '.join(ADDRESSES)}")
    return ADDRESSES[region]


def _results(data: Any) -> list[Any]:
    for key in ("actor", "account", "nrql", "results"):
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, list) else []


def _profile(order: Order) -> SecretName:
    return SecretName("", _spec(order).profile or "newrelic")


def _spec(order: Order) -> NewRelicMetric:
    spec = order.metric.provider.new_relic
    assert spec is not None
    return spec
