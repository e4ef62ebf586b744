"""What the file allows a candidate that was added or changed at run time: hosts, credentials by name, and headers to
tell a version that it does not hide. Pure.

changes.py asks before a change is taken, overlay.py whenever the file is laid under it: the file may have been edited.
"""

import fnmatch
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ground.near import did_you_mean
from http1.address import parse_endpoint
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings

VERSION_HEADERS = ("version_header", "build_header")


def hidden_headers(settings: Settings) -> frozenset[str]:
    return frozenset(name.lower() for name in settings.kept.redact_headers)


def refuse_hidden(path: str, endpoint: Mapping[str, Any], hidden: Collection[str]) -> None:
    """Raises SettingsError where a version or build is told by a header whose values nobody may see: it is shown."""
    for name in VERSION_HEADERS:
        if (header := endpoint.get(name)) and header.lower() in hidden:
            right = "kept.redact_headers hides this header, and what it tells is shown: take it out of one of the two"
            raise SettingsError(f"{path}.{name}", right, header)


@dataclass(frozen=True, slots=True)
class Bounds:
    hosts: tuple[str, ...]  # patterns
    credentials: frozenset[str]
    hidden_headers: frozenset[str] = frozenset()  # in small letters

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        own = (parse_endpoint(candidate.url).host for route in settings.routes for candidate in route.candidates)
        hosts = (*settings.allowed_candidate_hosts, *filter(None, own))
        return cls(tuple(dict.fromkeys(hosts)), frozenset(settings.credentials), hidden_headers(settings))

    def allow(self, url: str) -> bool:
        host = parse_endpoint(url).host  # empty for a Unix socket, which only the file may name
        return bool(host) and any(fnmatch.fnmatchcase(host, pattern) for pattern in self.hosts)

    def check(self, given: Mapping[str, Any]) -> None:
        """Raises SettingsError where a setting among these, each of which is one by itself, is not allowed."""
        url, credentials = given.get("url"), given.get("credentials")
        if url is not None and not self.allow(url):
            right = f"the file does not allow this host; `allowed_candidate_hosts` has {', '.join(self.hosts)}"
            raise SettingsError("url", right, url)
        if credentials and credentials not in self.credentials:
            known = ", ".join(sorted(self.credentials)) or "none"
            near = did_you_mean(credentials, self.credentials)
            right = f'the file defines no table "{credentials}"; it has {known}{near}'  # its name, which is no secret
            raise SettingsError("credentials", right)
        refuse_hidden("", given, self.hidden_headers)
