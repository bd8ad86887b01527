"""Typos in the routes and the workloads beside a Rollout."""

import pytest

from serinus.lint.check import check
from serinus.plugins import routers

VIRTUAL_SERVICE = """\
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web.example.com]
  gateways: [edge]
  http:
    - name: primary
      match: [{uri: {prefix: /}}]
      timeout: 5s
      retries: {attempts: 3, anything: 1}
      route:
        - destination: {host: stable, port: {number: 80}}
          weight: 100
          headers: {request: {set: {x: "1"}}}
        - destination: {host: canary, subset: next}
          weight: 0
  tls:
    - match: [{port: 443, sniHosts: [web.example.com]}]
      route: [{destination: {host: stable}, weight: 100}]
"""
DESTINATION_RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web
  subsets:
    - name: stable
      labels: {app: web}
      trafficPolicy: {loadBalancer: {simple: RANDOM}}
"""
HTTP_ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge, sectionName: web}]
  hostnames: [web.example.com]
  rules:
    - name: primary
      matches: [{path: {type: PathPrefix, value: /}, headers: [{name: x, value: "1"}]}]
      timeouts: {request: 5s}
      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: a, value: b}]}}]
      backendRefs:
        - name: stable
          port: 80
          weight: 100
        - name: canary
          port: 80
          weight: 0
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  selector:
    matchLabels: {app: web}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx}]
"""
RIGHT = [VIRTUAL_SERVICE, DESTINATION_RULE, HTTP_ROUTE, DEPLOYMENT]


def lines(text: str) -> list[str]:
    return [str(finding).partition(":")[2] for finding in check({"a.yaml": text}, routers()).findings]


@pytest.mark.parametrize("text", RIGHT, ids=["VirtualService", "DestinationRule", "HTTPRoute", "Deployment"])
def test_what_is_right_is_not_told(text: str) -> None:
    assert lines(text) == []


# what is misspelt, and the place, the field and the one that was meant
TYPOS = [
    (VIRTUAL_SERVICE, "  http:", "  htp:", "7:3", "spec.htp", "http"),
    (VIRTUAL_SERVICE, "- name: primary", "- nam: primary", "8:7", "spec.http[0].nam", "name"),
    (VIRTUAL_SERVICE, "weight: 0", "wieght: 0", "17:11", "spec.http[0].route[1].wieght", "weight"),
    (VIRTUAL_SERVICE, "subset:", "subsett:", "16:39", "spec.http[0].route[1].destination.subsett", "subset"),
    (DESTINATION_RULE, "labels:", "label:", "8:7", "spec.subsets[0].label", "labels"),
    (HTTP_ROUTE, "  backendRefs:", "  backendRef:", "12:7", "spec.rules[0].backendRef", "backendRefs"),
    (HTTP_ROUTE, "weight: 0", "weigth: 0", "18:11", "spec.rules[0].backendRefs[1].weigth", "weight"),
    (HTTP_ROUTE, "  parentRefs:", "  parentRef:", "5:3", "spec.parentRef", "parentRefs"),
    (DEPLOYMENT, "replicas: 2", "replica: 2", "5:3", "spec.replica", "replicas"),
    (DEPLOYMENT, "matchLabels", "matchLables", "8:5", "spec.selector.matchLables", "matchLabels"),
    (DEPLOYMENT, "maxSurge", "maxSruge", "6:30", "spec.strategy.rollingUpdate.maxSruge", "maxSurge"),
]


@pytest.mark.parametrize(("text", "old", "new", "place", "field", "meant"), TYPOS)
def test_what_is_misspelt_is_told_with_its_place(
    text: str, old: str, new: str, place: str, field: str, meant: str
) -> None:
    assert old in text
    kind = text.split()[3]
    assert lines(text.replace(old, new)) == [f'{place}: {kind} web: unknown field "{field}"; did you mean "{meant}"?']


def test_a_weight_that_is_no_number_and_a_host_that_is_missing_are_told() -> None:
    route = "spec.http[0].route[1]"
    told = f'17:11: VirtualService web: {route}.weight: Invalid value: "0": must be a whole number'
    assert lines(VIRTUAL_SERVICE.replace("weight: 0", 'weight: "0"')) == [told]
    told = f"16:11: VirtualService web: {route}.destination.host: Required value"
    assert lines(VIRTUAL_SERVICE.replace("{host: canary, subset: next}", "{subset: next}")) == [told]


def test_what_is_near_to_nothing_that_we_know_is_a_warning() -> None:
    told = '10:7: warning: VirtualService web: unknown field "spec.http[0].zzz"'
    assert lines(VIRTUAL_SERVICE.replace("timeout:", "zzz:")) == [told]
    told = '10:7: warning: HTTPRoute web: unknown field "spec.rules[0].zzz"'
    assert lines(HTTP_ROUTE.replace("timeouts:", "zzz:")) == [told]
