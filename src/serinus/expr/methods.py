"""What times, durations, months, weekdays and time zones can be asked."""

from collections.abc import Callable
from dataclasses import dataclass

from serinus.expr import types
from serinus.expr.errors import Failure
from serinus.expr.instant import DAY, LOCAL, SECOND, Time, date_of, days_of, moment_at
from serinus.expr.layout_text import DAYS, MONTHS, written
from serinus.expr.limits import short
from serinus.expr.span import written_duration
from serinus.expr.types import Type, function
from serinus.expr.values import Duration, Function, Int64, Month, Value, Weekday, go_type, wrap

STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"
YEAR_ONE = days_of(1, 1, 1) * DAY * SECOND


@dataclass(frozen=True)
class Method:
    """A method: its type, and how to call it with its receiver."""

    type: Type
    call: Callable[..., Value]


def _method(call: Callable[..., Value], *types_: Type) -> Method:
    """A method whose last type is that of the result."""
    return Method(function(types_[:-1], types_[-1]), call)


def method_type(base: Type, name: str) -> Type | None:
    """The type of a method, if there is one."""
    method = METHODS.get(base.name, {}).get(name)
    return method.type if method else None


def method_of(value: Value, name: str) -> Function | None:
    """A method with its receiver, ready to call."""
    method = METHODS.get(go_type(value), {}).get(name)
    if method is None:
        return None
    signature = method.type.signature
    assert signature is not None

    def call(*arguments: Value) -> Value:
        given = [go_type(argument) for argument in arguments]
        if given != [param.name for param in signature.params]:
            raise Failure(f"cannot use ({', '.join(given)}) as arguments to call {name}")
        return method.call(value, *arguments)

    return Function(name, method.type.name, call)


def written_time(time: Time) -> str:
    """As Go prints it."""
    return written(time, STRING_LAYOUT)


def month_name(month: int) -> str:
    """The English name of a month."""
    return MONTHS[month - 1] if 1 <= month <= 12 else f"%!Month({month})"


def compare(one: Time, other: Time) -> int:
    """-1, 0 or 1."""
    return (one.nanoseconds > other.nanoseconds) - (one.nanoseconds < other.nanoseconds)


def add_date(time: Time, years: int, months: int, days: int) -> Time:
    """The same time of the day on another day."""
    year, month, day = time.date()
    day_number = days_of(year + years, month + months, day) + days
    return moment_at(day_number, time.local_seconds % DAY, time.nanoseconds % SECOND, time.location)


def iso_year(time: Time) -> int:
    """The year that the week belongs to: that of its Thursday."""
    days = time.local_seconds // DAY
    return date_of(days + 3 - (time.weekday() + 6) % 7)[0]


def truncate_time(time: Time, duration: int) -> Time:
    """Down to a multiple of the duration since the year 1."""
    rest = (time.nanoseconds - YEAR_ONE) % duration if duration > 0 else 0
    return time.later(-rest)


def round_time(time: Time, duration: int) -> Time:
    """To the nearest multiple of the duration; halves go up."""
    rest = (time.nanoseconds - YEAR_ONE) % duration if duration > 0 else 0
    return time.later(-rest if rest + rest < duration or duration <= 0 else duration - rest)


def truncate_duration(duration: int, unit: int) -> Duration:
    """Towards zero to a multiple of the unit."""
    if unit <= 0:
        return Duration(duration)
    size = abs(duration) - abs(duration) % unit
    return Duration(-size if duration < 0 else size)


def round_duration(duration: int, unit: int) -> Duration:
    """To the nearest multiple of the unit; halves go away from zero."""
    if unit <= 0:
        return Duration(duration)
    rest = abs(duration) % unit
    size = abs(duration) - rest if rest + rest < unit else abs(duration) + unit - rest
    return Duration(max(-(1 << 63), min(-size if duration < 0 else size, (1 << 63) - 1)))


def _unit(nanoseconds: int) -> Callable[[int], float]:
    """Whole units and the rest, added as floats."""

    def count(duration: int) -> float:
        size, sign = abs(duration), -1.0 if duration < 0 else 1.0
        return sign * (float(size // nanoseconds) + float(size % nanoseconds) / float(nanoseconds))

    return count


def _whole(nanoseconds: int) -> Callable[[int], Int64]:
    """Whole units, cut off towards zero."""
    return lambda duration: Int64(-(-duration // nanoseconds) if duration < 0 else duration // nanoseconds)


def _since_1970(nanoseconds: int) -> Callable[[Time], Int64]:
    return lambda time: Int64(wrap(time.nanoseconds // nanoseconds))


def _date_results(*results: Type) -> Method:
    """A method with three results, which no condition may call."""
    return Method(function((), *results), lambda _time: None)


_INT, _TEXT, _TRUTH, _TIME, _SPAN = types.INT, types.STRING, types.BOOL, types.TIME, types.DURATION

METHODS: dict[str, dict[str, Method]] = {
    "time.Time": {
        "Year": _method(lambda time: time.date()[0], _INT),
        "Month": _method(lambda time: Month(time.date()[1]), types.MONTH),
        "Day": _method(lambda time: time.date()[2], _INT),
        "Hour": _method(lambda time: time.clock()[0], _INT),
        "Minute": _method(lambda time: time.clock()[1], _INT),
        "Second": _method(lambda time: time.clock()[2], _INT),
        "Nanosecond": _method(lambda time: time.nanoseconds % SECOND, _INT),
        "Weekday": _method(lambda time: Weekday(time.weekday()), types.WEEKDAY),
        "YearDay": _method(Time.day_of_year, _INT),
        "ISOWeek": Method(function((), _INT, _INT), iso_year),
        "Unix": _method(_since_1970(SECOND), types.INT64),
        "UnixMilli": _method(_since_1970(10**6), types.INT64),
        "UnixMicro": _method(_since_1970(10**3), types.INT64),
        "UnixNano": _method(_since_1970(1), types.INT64),
        "Add": _method(Time.later, _SPAN, _TIME),
        "AddDate": _method(add_date, _INT, _INT, _INT, _TIME),
        "Sub": _method(Time.since, _TIME, _SPAN),
        "Before": _method(lambda one, other: compare(one, other) < 0, _TIME, _TRUTH),
        "After": _method(lambda one, other: compare(one, other) > 0, _TIME, _TRUTH),
        "Equal": _method(lambda one, other: compare(one, other) == 0, _TIME, _TRUTH),
        "Compare": _method(compare, _TIME, _INT),
        "IsZero": _method(lambda time: time.nanoseconds == YEAR_ONE, _TRUTH),
        "IsDST": _method(lambda time: time.location.at(time.seconds)[2], _TRUTH),
        "Truncate": _method(truncate_time, _SPAN, _TIME),
        "Round": _method(round_time, _SPAN, _TIME),
        "Format": _method(lambda time, layout: written(time, short(layout)), _TEXT, _TEXT),
        "String": _method(written_time, _TEXT),
        "In": _method(lambda time, place: Time(time.nanoseconds, place), types.LOCATION, _TIME),
        "UTC": _method(lambda time: Time(time.nanoseconds), _TIME),
        "Local": _method(lambda time: Time(time.nanoseconds, LOCAL), _TIME),
        "Location": _method(lambda time: time.location, types.LOCATION),
        "Zone": Method(function((), _TEXT, _INT), lambda time: time.location.at(time.seconds)[1]),
        "Date": _date_results(_INT, types.MONTH, _INT),
        "Clock": _date_results(_INT, _INT, _INT),
    },
    "time.Duration": {
        "Hours": _method(_unit(3600 * SECOND), types.FLOAT),
        "Minutes": _method(_unit(60 * SECOND), types.FLOAT),
        "Seconds": _method(_unit(SECOND), types.FLOAT),
        "Milliseconds": _method(_whole(10**6), types.INT64),
        "Microseconds": _method(_whole(10**3), types.INT64),
        "Nanoseconds": _method(_whole(1), types.INT64),
        "Truncate": _method(truncate_duration, _SPAN, _SPAN),
        "Round": _method(round_duration, _SPAN, _SPAN),
        "Abs": _method(lambda duration: Duration(min(abs(duration), (1 << 63) - 1)), _SPAN),
        "String": _method(written_duration, _TEXT),
    },
    "time.Month": {"String": _method(month_name, _TEXT)},
    "time.Weekday": {"String": _method(lambda day: DAYS[day], _TEXT)},
    "*time.Location": {"String": _method(lambda place: place.name, _TEXT)},
}
