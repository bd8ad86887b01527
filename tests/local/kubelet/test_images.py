"""Which local program an image means."""

from pathlib import Path

import pytest

from serinus.local.kubelet import ImageTable, ImageTableError
from serinus.local.kubelet.images import DEMO_APP


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.21.0",
        "nginx:1.21.0@sha256:0123",
        "docker.io/nginx",
        "docker.io/library/nginx:1.22.0",
        "index.docker.io/library/nginx:1.22.0",
        "registry.example.com:5000/library/nginx:1",
        "argoproj/rollouts-demo:blue",
        "quay.io/argoproj/rollouts-demo:blue",
    ],
)
def test_nginx_and_the_demo_image_mean_the_demo_app(image: str) -> None:
    found = ImageTable.load().find(image)
    assert found is not None
    assert found.command == DEMO_APP
    assert found.env == {}


@pytest.mark.parametrize("image", ["redis:7", "mynginx:1", "nginx-exporter:1", "argoproj/rollouts-demo-x:1"])
def test_other_images_are_unknown(image: str) -> None:
    assert ImageTable.load().find(image) is None


def test_bad_and_slow_demo_images_misbehave() -> None:
    table = ImageTable.load()
    bad, slow = table.find("argoproj/rollouts-demo:bad-red"), table.find("argoproj/rollouts-demo:slow-blue")
    assert bad is not None
    assert slow is not None
    assert "ERROR_RATE" in bad.env
    assert "LATENCY_MS" in slow.env


def test_entries_of_the_user_win_in_their_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.json"
    first.write_text("images:\n- {image: 'nginx:2*', command: [my-nginx, --two]}\n")
    second.write_text('{"images": [{"image": "nginx:*", "command": ["x"]}, {"image": "b/*", "stateOnly": true}]}')
    table = ImageTable.load([first, second])
    found = [table.find(image) for image in ("nginx:2.1", "nginx:1", "b/any:1")]
    assert [each.command for each in found if each] == [("my-nginx", "--two"), ("x",), ()]
    assert found[2] is not None
    assert found[2].state_only


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("images: [", "neither YAML nor JSON"),
        ("- a", "Expected `object`"),
        ("images: [{command: [x]}]", "missing required field `image`"),
        ("images: [{image: a, comand: [x]}]", "unknown field `comand`"),
        ("images: [{image: a, command: x}]", "$.images[0].command"),
        ("images: [{image: a}]", "images[0] (a): give either a command or stateOnly: true"),
        ("images: [{image: a, command: [x], stateOnly: true}]", "give either a command or stateOnly"),
        ("images: [{image: a, command: [x], delaySeconds: 2}]", "delaySeconds belongs to stateOnly"),
        ("images: [{image: a, stateOnly: true, delaySeconds: -1}]", "delaySeconds"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_of_the_mistake(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "images.yaml"
    path.write_text(text)
    with pytest.raises(ImageTableError) as caught:
        ImageTable.load([path])
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageTableError, match=r"none\.yaml: No such file"):
        ImageTable.load([tmp_path / "none.yaml"])


def test_the_advice_names_the_image_and_the_file(tmp_path: Path) -> None:
    path = tmp_path / "images.yaml"
    path.write_text("images: []")
    assert '"redis:7"' in ImageTable.load().advice("redis:7")
    assert "--images FILE" in ImageTable.load().advice("redis:7")
    assert str(path) in ImageTable.load([path]).advice("redis:7")
