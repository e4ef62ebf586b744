"""A policy's file, read and checked: what could never be judged is refused before anybody waits for a verdict."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from comparators.policy.policy import Policy, problems
from understudy.settings.loading import SettingsError, explained


class NamedPolicy(NamedTuple):
    """`sha256` is that of the file's bytes."""

    name: str
    policy: Policy
    sha256: str

    @classmethod
    def of(cls, name: str, file: str, data: bytes) -> "NamedPolicy":
        """Raises SettingsError, whose path begins with the file's name."""
        return cls(name, parsed(file, data), hashlib.sha256(data).hexdigest())


def read_policy(option: str, file: str) -> NamedPolicy:
    """`option` is who named the file: a setting's path, or an option. Raises SettingsError."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        right = f"can't be read: {error.strerror}; `understudy gate --init same-model` writes a policy to start with"
        raise SettingsError(option, right, file) from None
    return NamedPolicy.of(Path(file).stem, file, data)


def parsed(file: str, data: bytes) -> Policy:
    """Raises SettingsError, whose path begins with the file's name."""
    try:
        document: dict[str, Any] = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(file, f"is not TOML: {error}") from None
    except RecursionError:
        raise SettingsError(file, "is TOML that is nested too deeply to be read") from None
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        wrong = explained(str(error), document, Policy)
        raise SettingsError(f"{file}: {wrong.path}", wrong.right, wrong.value) from None
    for path, value, right in problems(policy):
        raise SettingsError(f"{file}: {path}", right if value is not None else f"expected {right}", value)
    return policy
