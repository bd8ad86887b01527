"""What containers print is kept, bounded, and read back."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serinus.local.kubelet.logquery import LogQuery, LogQueryError, read_query
from serinus.local.kubelet.logs import LINE_LIMIT, ContainerLogs, Copier, Log, Position, log_time
from serinus.local.kubelet.server import answer, limited

NOW = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)


async def printed(log: Log, *chunks: bytes) -> None:
    """Have a process print these chunks and end."""
    reader = asyncio.StreamReader()
    copying = asyncio.create_task(Copier(log, "stdout", lambda: NOW).copy(reader))
    for chunk in chunks:
        reader.feed_data(chunk)
        await asyncio.sleep(0)
    reader.feed_eof()
    await copying
    await log.close()


async def said(log: Log, query: LogQuery = LogQuery()) -> bytes:  # noqa: B008 - frozen
    return b"".join([chunk async for chunk in limited(answer(log, query), query.limit)])


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "c" / "0.log")


@pytest.mark.parametrize(
    "chunks",
    [
        (b"one\ntwo\n",),
        (b"on", b"e\ntw", b"o\n"),
        (b"one\n", b"\ntwo"),
        (b"a" * (3 * LINE_LIMIT) + b"\nb\n",),
        (b"\xff\r\n",),
    ],
)
async def test_output_comes_back_as_it_was_printed(log: Log, chunks: tuple[bytes, ...]) -> None:
    await printed(log, *chunks)
    assert await said(log) == b"".join(chunks)


async def test_lines_carry_time_and_stream_in_the_file(log: Log) -> None:
    await printed(log, b"one\n")
    assert log.path.read_bytes() == b"2026-01-02T03:04:05.678900000Z stdout F one\n"
    assert log.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (LogQuery(), b"1\n2\n3\n"),
        (LogQuery(tail=2), b"2\n3\n"),
        (LogQuery(tail=0), b""),
        (LogQuery(tail=9), b"1\n2\n3\n"),
        (LogQuery(limit=3), b"1\n2"),
        (LogQuery(limit=0), b""),
        (LogQuery(tail=1, timestamps=True), b"2026-01-02T03:04:05.678900000Z 3\n"),
        (LogQuery(since=log_time(NOW + timedelta(seconds=1))), b""),
        (LogQuery(since=log_time(NOW)), b"1\n2\n3\n"),
    ],
)
async def test_a_query_selects(log: Log, query: LogQuery, expected: bytes) -> None:
    await printed(log, b"1\n2\n3\n")
    assert await said(log, query) == expected


async def test_followers_see_everything_and_end_with_the_run(log: Log) -> None:
    followers = [asyncio.create_task(said(log, LogQuery(follow=True))) for _ in range(3)]
    for number in range(20):
        await log.write(log_time(NOW) + b" stdout F %d\n" % number)
    await log.close()
    whole = b"".join(b"%d\n" % number for number in range(20))
    assert await asyncio.gather(*followers) == [whole] * 3


async def test_files_stay_bounded_and_a_follower_loses_nothing_at_the_turn(tmp_path: Path) -> None:
    log = Log(tmp_path / "0.log", limit=2000)
    position, seen = Position(), b""
    for number in range(200):
        await log.write(log_time(NOW) + b" stdout F %03d\n" % number)
        stored, position = await log.read(position)
        seen += LogQuery().more(stored)
    assert seen == b"".join(b"%03d\n" % number for number in range(200))
    assert sum((tmp_path / name).stat().st_size for name in ("0.log", "0.log.1")) <= 4200
    kept = await said(Log(log.path, closed=True, turn=1))
    assert kept.endswith(b"199\n")
    assert seen.endswith(kept)
    await log.close()


async def test_the_latest_run_and_the_one_before_are_kept(tmp_path: Path) -> None:
    logs = ContainerLogs(tmp_path)
    for run in range(4):
        await printed(await logs.open(run), b"run %d\n" % run)
    again = ContainerLogs(tmp_path)  # as after a restart of the kubelet
    kept = {run: await again.find(run) for run in range(4)}
    assert [run for run, log in kept.items() if log] == [2, 3]
    assert kept[2] is not None
    assert await said(kept[2], LogQuery(follow=True)) == b"run 2\n"


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({}, LogQuery()),
        ({"follow": "true", "previous": "1", "timestamps": "T"}, LogQuery(True, True, True)),
        ({"tailLines": "5", "limitBytes": "7"}, LogQuery(tail=5, limit=7)),
        ({"sinceSeconds": "60"}, LogQuery(since=b"2026-01-02T03:03:05.678900000Z")),
        ({"sinceTime": "2026-01-02T04:04:05+01:00"}, LogQuery(since=b"2026-01-02T03:04:05.000000000Z")),
    ],
)
def test_parameters_are_read(params: dict[str, str], query: LogQuery) -> None:
    assert read_query(params, NOW) == query


@pytest.mark.parametrize("params", [{"tailLines": "-1"}, {"limitBytes": "x"}, {"sinceTime": "yesterday"}])
def test_a_wrong_parameter_is_named(params: dict[str, str]) -> None:
    with pytest.raises(LogQueryError, match=next(iter(params))):
        read_query(params, NOW)
