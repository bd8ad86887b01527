"""Under a role that does not allow to delete Ingresses, canary routes are kept."""

import asyncio
import logging
from typing import Any

import pytest

from serinus.controller import permission
from serinus.controller.permission import permitted
from serinus.kube import KubeError
from serinus.plan import Settings

DELETE, ZERO = Settings(traffic_cleanup="delete"), Settings(traffic_cleanup="zero")


class Api:
    """An API that answers one question."""

    def __init__(self, answer: Any) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        self.asked.append(body["spec"]["resourceAttributes"])
        if isinstance(self._answer, Exception):
            raise self._answer
        if self._answer is None:
            await asyncio.sleep(60)
        return {"status": {"allowed": self._answer}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(True, DELETE), (False, ZERO), (KubeError("no"), DELETE), (None, DELETE)],
)
async def test_the_role_decides_and_without_an_answer_the_operator(
    answer: Any, expected: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(permission, "_LIMIT", 0.01)
    api = Api(answer)
    with caplog.at_level(logging.WARNING):
        assert await permitted(api, DELETE, "shop") == expected  # type: ignore[arg-type]
    (asked,) = api.asked
    assert asked == {"verb": "delete", "group": "networking.k8s.io", "resource": "ingresses", "namespace": "shop"}
    assert bool(caplog.messages) is (answer is not True)


async def test_who_keeps_them_anyway_is_not_asked() -> None:
    api = Api(False)
    assert await permitted(api, ZERO, "") == ZERO  # type: ignore[arg-type]
    assert api.asked == []
