"""What the file allows a candidate that was added or changed at run time: hosts, and credentials by name. Pure.

changes.py asks before a change is taken, overlay.py whenever the file is laid under it: the file may have been edited.
"""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from http1.address import parse_endpoint
from understudy.loading import SettingsError
from understudy.settings import Settings


@dataclass(frozen=True, slots=True)
class Bounds:
    hosts: tuple[str, ...]  # patterns
    credentials: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        own = (parse_endpoint(candidate.url).host for route in settings.routes for candidate in route.candidates)
        hosts = (*settings.allowed_candidate_hosts, *filter(None, own))
        return cls(hosts, frozenset(settings.credentials))

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
            raise SettingsError("credentials", f"the file defines no such table; it has {known}", credentials)
