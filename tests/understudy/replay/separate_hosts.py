"""Hosts that are separate, on one machine: network namespaces of their own, clocks of their own (CLOCK_MONOTONIC, which
counts from whenever a host was started), and between each of them and the store a wire as long as one likes.

A wire is this process: it reads the packets of a TUN device in one namespace and writes them to one in the other, so
that the ways there and back are as long as it is told, whatever queues the kernel was built with. The target is on a
bridge with all hosts, and its way is short. All of it needs root, and ends with the processes that hold it.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
from asyncio import AbstractEventLoop, new_event_loop
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.places import ROOT
from tests.redis_server import RedisServer, binaries

REDIS, TARGET = "10.77.0.254", "10.78.0.254"
PORT = 7_007
_PROGRAMS = ("ip", "nsenter", "unshare")
_TUNSETIFF, _TUN_WITHOUT_HEAD = 0x400454CA, 0x1001
_NEWNET = 0x40000000
_MTU = 1_500
_TARGET = "tests.understudy.replay.hearing_target"

_libc = ctypes.CDLL(None, use_errno=True)


def why_not() -> str:
    """There can be no separate hosts here; "" where there can."""
    if os.geteuid() != 0:
        return "only root makes namespaces"
    if missing := [each for each in _PROGRAMS if shutil.which(each) is None]:
        return f"no {missing[0]} here"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "no /dev/net/tun here"
    devices = "ip link add type veth && ip link add type bridge && ip tuntap add mode tun"
    made = ("unshare", "--net", "--time", "--monotonic", "1000", "sh", "-c", devices)
    tried = subprocess.run(made, capture_output=True, text=True, check=False)
    return f"no namespaces here: {tried.stderr.strip()}" if tried.returncode else ""


class Namespace:
    """Of the network. It ends with a process that waits for the end of its input, so that it does not outlive ours."""

    def __init__(self) -> None:
        hold = ("unshare", "--net", "sh", "-c", "echo made; exec cat")
        self._holder = subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"made\n"

    @property
    def pid(self) -> int:
        return self._holder.pid

    @property
    def entered(self) -> tuple[str, ...]:
        """What a command begins with to run there."""
        return "nsenter", f"--net=/proc/{self.pid}/ns/net", "--"

    def ip(self, *commands: str) -> None:
        told = "\n".join(("link set lo up", *commands))
        subprocess.run((*self.entered, "ip", "-batch", "-"), input=told, text=True, check=True, capture_output=True)

    def tun(self, name: str) -> int:
        """A new device's descriptor. To be called in a thread of its own: the thread stays in the namespace."""
        with Path(f"/proc/{self.pid}/ns/net").open() as namespace:
            if _libc.setns(namespace.fileno(), _NEWNET):
                raise OSError(ctypes.get_errno(), "can't enter the namespace")
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEAD))
        return device

    def close(self) -> None:
        with self._holder as holder:
            holder.terminate()


class Wire:
    """Between two devices. `there_s`, `back_s`: how long a packet takes. One that is cut loses all."""

    def __init__(self, here: int, other: int, there_s: float, back_s: float) -> None:
        self._ways = {here: (other, there_s), other: (here, back_s)}
        self.is_cut = False

    def watch(self, loop: AbstractEventLoop) -> None:
        for device in self._ways:
            loop.add_reader(device, self._carry, loop, device)

    def _carry(self, loop: AbstractEventLoop, device: int) -> None:
        packet = os.read(device, _MTU)
        other, takes_s = self._ways[device]
        if not self.is_cut:
            loop.call_later(takes_s, self._arrive, other, packet)

    def _arrive(self, device: int, packet: bytes) -> None:
        if not self.is_cut:
            os.write(device, packet)

    def close(self) -> None:
        for device in self._ways:
            os.close(device)


class Wires:
    """All of them, and the thread that carries their packets."""

    def __init__(self) -> None:
        self._loop = new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires")
        self._thread.start()
        self._wires: list[Wire] = []

    def add(self, wire: Wire) -> None:
        self._wires.append(wire)
        self._loop.call_soon_threadsafe(wire.watch, self._loop)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for each in self._wires:
            each.close()


class Place(NamedTuple):
    """Of a host: its clock is `ahead_s` before this machine's; so long are the ways to the store and back."""

    ahead_s: int
    there_s: float = 0.0
    back_s: float = 0.0


class SeparateHost:
    def __init__(self, namespace: Namespace, wire: Wire, place: Place) -> None:
        self.wire = wire
        self._namespace = namespace
        self._place = place

    @property
    def entered(self) -> tuple[str, ...]:
        return *self._namespace.entered, *clock(self._place.ahead_s)

    def cut_off(self) -> None:
        """From all others."""
        self.wire.is_cut = True
        self._namespace.ip("link set eth0 down")


def clock(ahead_s: int) -> tuple[str, ...]:
    """What a command begins with to have a clock of its own."""
    return "unshare", "--time", "--monotonic", str(ahead_s), "--boottime", str(ahead_s), "--"


class Heard(NamedTuple):
    """A request as the target's own clock saw it."""

    at_ns: int
    x: int


class HearingTarget:
    """A model in a process of its own, which tells what it heard when its input ends."""

    def __init__(self, namespace: Namespace, ahead_s: int) -> None:
        command = (*namespace.entered, *clock(ahead_s), sys.executable, "-m", _TARGET, TARGET, str(PORT))
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", self._process.communicate()
        self.url = f"http://{TARGET}:{PORT}"

    @cached_property
    def heard(self) -> list[Heard]:
        """All of it; it hears nothing more."""
        out, err = self._process.communicate(timeout=20)
        assert self._process.returncode == 0, err
        return [Heard(*each) for each in json.loads(out)]

    def close(self) -> None:
        with self._process as process:
            process.kill()


class SeparateHosts(NamedTuple):
    redis: RedisServer
    url: str  # of the Redis
    target: HearingTarget
    hosts: Sequence[SeparateHost]


@contextmanager
def separate(directory: Path, places: Sequence[Place], target_ahead_s: int = 0) -> Iterator[SeparateHosts]:
    with ExitStack() as stack:
        keep = stack.enter_context
        middle, beyond = keep(closing(Namespace())), keep(closing(Namespace()))
        wires = keep(closing(Wires()))
        middle.ip("link add bridge type bridge", "link set bridge up")
        _bridge(middle, beyond, "target", f"{TARGET}/24")
        own = [keep(closing(Namespace())) for _ in places]
        hosts = [_host(middle, *each, wires, number) for number, each in enumerate(zip(own, places, strict=True), 1)]
        server = _redis(directory, middle)
        stack.callback(server.stop)
        target = keep(closing(HearingTarget(beyond, target_ahead_s)))
        yield SeparateHosts(server, f"redis://{REDIS}:{server.port}/0", target, hosts)


def _bridge(middle: Namespace, other: Namespace, name: str, address: str) -> None:
    middle.ip(f"link add {name} type veth peer name eth0 netns {other.pid}", f"link set {name} master bridge up")
    other.ip(f"addr add {address} dev eth0", "link set eth0 up")


def _host(middle: Namespace, own: Namespace, place: Place, wires: Wires, number: int) -> SeparateHost:
    name = f"host{number}"
    _bridge(middle, own, name, f"10.78.0.{number}/24")
    here, there = _device(own, "wan"), _device(middle, f"wan{number}")
    own.ip(f"addr add 10.77.0.{number} peer {REDIS} dev wan", "link set wan up")
    middle.ip(f"addr add {REDIS} peer 10.77.0.{number} dev wan{number}", f"link set wan{number} up")
    wire = Wire(here, there, place.there_s, place.back_s)
    wires.add(wire)
    return SeparateHost(own, wire, place)


def _device(namespace: Namespace, name: str) -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(namespace.tun(name)))
    thread.start()
    thread.join()
    return found[0]


def _redis(directory: Path, namespace: Namespace) -> RedisServer:
    """Known to its starter as a program like any other."""
    program = directory / "redis-in-the-middle"
    program.write_text(f'#!/bin/sh\nexec {" ".join(namespace.entered)} {next(iter(binaries().values()))} "$@"\n')
    program.chmod(0o700)
    options = ("--bind", "0.0.0.0", "--protected-mode", "no")  # of a namespace that nobody else is in
    return RedisServer(directory, *options, binary=str(program), port=6_379).start()
