"""What people read of a row."""

import asyncio
import io

from msgspec.structs import replace
from rich.console import Console

from demo.seeds import SCENARIO, good, with_objects
from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.screen import Picture, opened
from serinus.demo.table import Now, details, table_of, verdict
from serinus.demo.tally import Tally


def drawn(rows: list[Row], now: Now | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=118, no_color=True)
    console.print(table_of(SCENARIO, rows, now))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_table_tells_the_canary_ingress_and_its_annotations() -> None:
    lines = "\n".join(drawn([good("before"), good("setWeight 10")]))
    assert "✔ before                    0 %        0.0 %      1,000        0   none" in lines
    assert "✔ setWeight 10             10 %       10.0 %      1,000        0   myapp-ingress-myapp-canary-svc" in lines
    assert 'ingress.class "nginx", canary "true",' in lines
    assert 'canary-weight "10"' in lines
    assert "█░░░░░░░░░" in lines
    assert "1.22.0 × 1" in lines


def test_a_row_that_is_off_has_another_mark() -> None:
    bad = with_objects(good("before"), ingresses={"stray": {}})
    lines = "\n".join(drawn([bad]))
    assert "✖ before" in lines
    assert "stray" in lines


def test_the_moment_that_is_on_shows_what_it_waits_for_and_the_share_so_far() -> None:
    moment = SCENARIO.moments[1]
    answers = {moment.wanted.new: 1, moment.wanted.stable: 4}
    line = next(line for line in drawn([good("before")], Now(moment, "1,000 requests", answers)) if "▸" in line)
    assert line.split() == ["▸", "setWeight", "10", "10", "%", "20.0", "%", "5", "…", "1,000", "requests"]


def test_details_name_everything_as_kubectl_does() -> None:
    assert details(good("setWeight 30")).splitlines() == [
        "setWeight 30",
        "  wanted    30 % to nginx:1.22.0",
        "  observed  30.0 % of 1,000 requests",
        "  failed    0 requests, transition included",
        "  Ingress   myapp-ingress",
        '              kubernetes.io/ingress.class: "nginx"',
        "  Ingress   myapp-ingress-myapp-canary-svc",
        '              kubernetes.io/ingress.class: "nginx"',
        '              nginx.ingress.kubernetes.io/canary: "true"',
        '              nginx.ingress.kubernetes.io/canary-weight: "30"',
        "  Services  myapp-stable-svc → nginx:1.21.0, myapp-canary-svc → nginx:1.22.0",
        "  pods      nginx:1.21.0 × 3, nginx:1.22.0 × 1",
        "  ✔ as it should be",
    ]


def test_a_whole_demo_passes_and_its_document_says_so() -> None:
    record = Record(SCENARIO, [good(moment.title) for moment in SCENARIO.moments])
    document = record.document()
    assert (record.offences, document["passed"], len(document["rows"])) == ([], True, 10)
    assert verdict(record.rows, [], "10 requests.") == "All 10 moments are as the article says. 10 requests."


def test_a_demo_that_ends_early_names_what_is_missing() -> None:
    rows = [good(moment.title) for moment in SCENARIO.moments[:8]]
    record = Record(SCENARIO, rows, error="controller ended with code -9")
    assert record.offences == ["controller ended with code -9", "not reached: 1.21.0 scaled to 0, 1.23.0 scaled to 0"]
    assert not record.document()["passed"]
    assert verdict(rows, record.offences, "Some.").splitlines() == [
        "Some.",
        "✖ controller ended with code -9",
        "✖ not reached: 1.21.0 scaled to 0, 1.23.0 scaled to 0",
    ]


def test_failures_after_the_last_row_count() -> None:
    rows = [replace(good(moment.title), failed=1) for moment in SCENARIO.moments]
    record = Record(SCENARIO, rows, Tally(failed=11, failures=["status 502"]))
    assert record.offences[-1] == "after the last row: 1 failed requests, the last: status 502"


def test_a_low_terminal_loses_the_oldest_rows_first() -> None:
    record = Record(SCENARIO, [good(moment.title) for moment in SCENARIO.moments[:9]])
    console = Console(file=io.StringIO(), width=118, height=24, no_color=True)
    console.print(Picture(record, console.height).render())
    lines = console.file.getvalue().splitlines()
    assert len(lines) < 24
    assert "1.23.0 scaled to 0" in lines[-2]
    assert not any("before" in line for line in lines)
    assert any("abort at 30 %" in line for line in lines)


async def test_elsewhere_than_on_a_terminal_all_is_plain_lines() -> None:
    console = Console(file=io.StringIO(), width=118)
    async with opened(console, Record(SCENARIO)) as screen:
        screen.typed("kubectl get pods", "No resources\nfound")
        screen.tells("measurement 1: ✔ Successful, 1.000")
        screen.waits(Now(SCENARIO.moments[0], "1,000 requests"))
        screen.saw(good("before"))
    lines = console.file.getvalue().splitlines()
    assert lines[:3] == ["$ kubectl get pods", "  No resources", "  found"]
    assert lines[3:5] == ["  measurement 1: ✔ Successful, 1.000", "… before: 1,000 requests"]
    assert lines[5:] == [*details(good("before")).splitlines(), ""]


async def test_on_a_terminal_commands_stay_above_the_table() -> None:
    console = Console(file=io.StringIO(), width=118, force_terminal=True, no_color=True)
    async with opened(console, Record(SCENARIO)) as screen:
        screen.typed("kubectl get pods", "none")
        screen.tells("measurement 1: ✔ Successful, 1.000")
        screen.waits(Now(SCENARIO.moments[0], "nginx:1.21.0 is served"))
        await asyncio.sleep(0.3)
    text = console.file.getvalue()
    assert text.index("$ kubectl get pods") < text.index("measurement 1") < text.index("▸ before")
