"""An alarm: rings at a time, to some ten microseconds. The timers of uvloop tick in milliseconds.

A timer of the kernel (timerfd_create(2)) that the loop watches as it watches sockets. Python has it from 3.13 on.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable

_MONOTONIC = 1  # CLOCK_MONOTONIC, time.monotonic_ns's
_NONBLOCK_AND_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_AT_A_TIME = 1  # TFD_TIMER_ABSTIME
_NS = 1_000_000_000

_libc = ctypes.CDLL(None, use_errno=True)


class _Time(ctypes.Structure):
    """struct itimerspec: how often, and when first. All zero: never."""

    _fields_ = (
        ("every_s", ctypes.c_long),
        ("every_ns", ctypes.c_long),
        ("s", ctypes.c_long),
        ("ns", ctypes.c_long),
    )


class Alarm:
    """Needs a running loop."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._set_to: int | None = None
        self._closed = False
        self._timer = _libc.timerfd_create(_MONOTONIC, _NONBLOCK_AND_CLOEXEC)
        if self._timer < 0:
            raise OSError(ctypes.get_errno(), "no timer of the kernel")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._timer, self._rung)

    def set(self, at: int | None) -> None:
        """Ring then and at no other time, by time.monotonic_ns; None: never."""
        if self._closed or at == self._set_to:
            return
        self._set_to = at
        when = _Time() if at is None else _Time(s=max(1, at) // _NS, ns=max(1, at) % _NS)
        if _libc.timerfd_settime(self._timer, _AT_A_TIME, ctypes.byref(when), None) < 0:
            raise OSError(ctypes.get_errno(), "the timer of the kernel can't be set")

    def close(self) -> None:
        """Harmless on one that is closed."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._timer)
        os.close(self._timer)

    def _rung(self) -> None:
        try:
            os.read(self._timer, 8)
        except BlockingIOError:
            return  # it was set anew meanwhile
        self._set_to = None
        self._ring()
