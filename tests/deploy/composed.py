"""compose.yaml as Docker Compose would read it: interpolated, with durations and sizes as numbers."""

import re
from pathlib import Path
from typing import Any

import yaml

UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

Service = dict[str, Any]


def services(file: Path, environment: dict[str, str]) -> dict[str, Service]:
    """Raises KeyError for a variable that the environment must have and has not."""
    found: dict[str, Service] = interpolated(yaml.safe_load(file.read_text("utf-8"))["services"], environment)
    return found


def interpolated(value: Any, environment: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: interpolated(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [interpolated(each, environment) for each in value]
    if not isinstance(value, str):
        return value

    def replaced(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else environment[found["name"]]

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?P<unset>:\?[^}]*)\}", replaced, value)


def size(text: str) -> int:
    """Bytes: of Compose's 512m and of Redis's 2gb."""
    number, unit = re.fullmatch(r"(\d+)([kmg])b?", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def seconds(text: str) -> float:
    assert text.endswith("s"), text
    return float(text[:-1])


def mounts(service: Service) -> dict[str, str]:
    """What is mounted, by where."""
    return {where: what for what, where in (volume.split(":")[:2] for volume in service.get("volumes", ()))}
