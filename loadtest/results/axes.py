"""The axes of a picture: which part of it lies before a value, and where the ticks stand with which words. No I/O."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from loadtest.results.rows import Column

_STEPS = (1, 2, 5, 10)
_MOST_TICKS = 8
_FEW = 0.25  # of what most intervals rest on: one of fewer does not stretch its axis
_MINUTE_S, _HOUR_S = 60.0, 3_600.0
_LONG_S, _VERY_LONG_S = 180.0, 3 * _HOUR_S  # from which on a run is told in minutes, and in hours
# 1 / (1 - p), and how the percentile is called
_PERCENTILES = {1: "0", 2: "50", 10: "90", 100: "99", 1_000: "99.9", 10_000: "99.99", 100_000: "99.999"}


class Tick(NamedTuple):
    """A value with a name. `is_minor`: where there is little room it can go."""

    at: float
    label: str
    is_minor: bool


class Axis(NamedTuple):
    """From `lo` to `hi`, which is more; both more than 0 on a logarithmic one."""

    lo: float
    hi: float
    ticks: tuple[Tick, ...]
    is_log: bool = False

    def parts(self, values: Column | Iterable[float]) -> Column:
        """Of the axis before each value; below 0 and above 1 outside of it, NaN for NaN."""
        told = np.asarray(values, dtype=np.float64)
        if not self.is_log:
            return (told - self.lo) / (self.hi - self.lo)
        found: Column = np.log(np.maximum(told, 1e-12) / self.lo) / math.log(self.hi / self.lo)
        return found

    def part(self, value: float) -> float:
        return float(self.parts([value])[0])


def latency_axis(values_ms: Iterable[float], most: int = _MOST_TICKS) -> Axis:
    """Logarithmic, between round numbers that enclose all of them, which are more than 0."""
    told = list(values_ms)
    lo, hi = min(told), max(told)
    rounds = list(_rounds(lo, max(hi, 1.01 * lo)))
    return Axis(rounds[0], rounds[-1], _ticks(_fewer(rounds, most), duration), is_log=True)


def exact_latency_axis(lo_ms: float, hi_ms: float, most: int = 5) -> Axis:
    """Between just these."""
    rounds = [each for each in _rounds(lo_ms, hi_ms) if lo_ms <= each <= hi_ms]
    return Axis(lo_ms, hi_ms, _ticks(_fewer(rounds, most), duration), is_log=True)


def share_axis(ends: Iterable[tuple[float, int]], most: int = 4) -> Axis:
    """From 0 to the ends of intervals, each with the number that it rests on: what rests on few may reach beyond."""
    told = list(ends)
    enough = _FEW * max(n for _, n in told)
    return linear_axis(min(1.0, max(end for end, n in told if n >= enough)), lambda share: f"{100 * share:.4g} %", most)


def linear_axis(hi: float, name: Callable[[float], str], most: int = 4) -> Axis:
    """From 0 to a round number that is not below `hi`, with up to about `most` ticks behind 0."""
    step = _step(hi if hi > 0 else 1.0, most)
    count = max(1, math.ceil(hi / step - 1e-9))
    return Axis(0.0, count * step, _ticks((step * number for number in range(count + 1)), name))


def time_axis(end_s: float) -> Axis:
    """From 0 to just there."""
    unit_s, _ = _unit(end_s)
    step = _step(end_s / unit_s, _MOST_TICKS) * unit_s
    count = math.floor(end_s / step + 1e-9)
    return Axis(0.0, end_s, _ticks((step * number for number in range(count + 1)), lambda s: elapsed(s, end_s)))


def percentile_axis(hi: float) -> Axis:
    """Of 1 / (1 - p), which makes each nine of a percentile as wide as the one before."""
    hi = max(hi, 2.0)
    ticks = tuple(Tick(at, f"{name} %", at == 1) for at, name in _PERCENTILES.items() if at <= hi)
    return Axis(1.0, hi, ticks, is_log=True)


def duration(ms: float) -> str:
    """As short as a tick needs it."""
    if ms >= 1_000:
        return f"{ms / 1_000:g} s"
    return f"{ms:g} ms" if ms >= 1 else f"{ms * 1_000:.4g} µs"


def elapsed(time_s: float, of_s: float) -> str:
    """A time of a run that lasted `of_s`."""
    unit_s, unit = _unit(of_s)
    decimals = max(0, 2 - math.floor(math.log10(max(of_s / unit_s, 1e-6))))
    text = f"{time_s / unit_s:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}"


def _unit(of_s: float) -> tuple[float, str]:
    if of_s < 1:
        return 1e-3, "ms"
    if of_s < _LONG_S:
        return 1.0, "s"
    return (_MINUTE_S, "min") if of_s < _VERY_LONG_S else (_HOUR_S, "h")


def _ticks(values: Iterable[float], name: Callable[[float], str]) -> tuple[Tick, ...]:
    return tuple(Tick(each, name(each), number % 2 == 1) for number, each in enumerate(values))


def _rounds(lo: float, hi: float) -> Iterator[float]:
    """1, 2 or 5 times a power of ten: those between, and one on each side where there is none."""
    first, last = math.floor(math.log10(lo)) - 1, math.ceil(math.log10(hi)) + 1
    told = [float(f"{step}e{power}") for power in range(first, last) for step in _STEPS[:-1]]
    begins = max((each for each in told if each <= lo * (1 + 1e-9)), default=told[0])
    ends = min((each for each in told if each >= hi * (1 - 1e-9)), default=told[-1])
    return (each for each in told if begins <= each <= ends)


def _fewer(rounds: Sequence[float], most: int) -> Sequence[float]:
    """All of them where they are few, else powers of ten alone, of these each second where need be, or third."""
    if len(rounds) <= most:
        return rounds
    powers = {each: round(math.log10(each)) for each in rounds}
    tens = [each for each, power in powers.items() if math.isclose(10.0**power, each, rel_tol=1e-9)]
    apart = math.ceil(len(tens) / most)
    return [each for each in tens if powers[each] % max(1, apart) == 0]


def _step(span: float, most: int) -> float:
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step * power for step in _STEPS if span / (step * power) <= most + 1e-9)
