"""Durations, rates, speeds and shares as they are written on a command line. Pure; each raises ValueError in words."""

import re

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_DURATION = re.compile(rf"{_NUMBER}(ns|us|µs|ms|s|m|h|d)")
_RATE = re.compile(rf"{_NUMBER}(?:/(s|m|h))?")
_SPEED = re.compile(rf"{_NUMBER}(x|%)?")
_SHARE = re.compile(rf"{_NUMBER}(%)?")
_LONGEST_S = 365 * 86_400.0
_MOST_PER_S, _FASTEST = 10_000_000, 1e6
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def seconds(text: str) -> float:
    """`30s`, `500ms`, `5m`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"expected a duration such as 30s, 500ms or 5m; not {text!r}")
    value = float(found[1]) * _SECONDS[found[2]]
    if not 1e-9 <= value <= _LONGEST_S:
        raise ValueError(f"expected a duration between 1ns and 365d, such as 30s; not {text!r}")
    return value


def per_second(text: str) -> float:
    """`500/s`, `500`, `30/m`; more than none."""
    found = _RATE.fullmatch(text.strip())
    value = float(found[1]) / _SECONDS[found[2] or "s"] if found else 0.0
    if not 1 / _LONGEST_S <= value <= _MOST_PER_S:
        raise ValueError(f"expected a rate such as 500/s or 30/m, of {_MOST_PER_S:,}/s at most; not {text!r}")
    return value


def speed(text: str) -> float:
    """`2x`, `0.5`, `200%`: 2 is twice as fast."""
    found = _SPEED.fullmatch(text.strip())
    value = float(found[1]) / (100 if found[2] == "%" else 1) if found else 0.0
    if not 1 / _FASTEST <= value <= _FASTEST:
        raise ValueError(f"expected how many times as fast, such as 2x, 0.5x or 200%; not {text!r}")
    return value


def share(text: str) -> float:
    """`10%`, `0.1`; more than 0, and 1 at most."""
    found = _SHARE.fullmatch(text.strip())
    value = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 0 < value <= 1:
        raise ValueError(f"expected a share such as 10% or 0.1; not {text!r}")
    return value
