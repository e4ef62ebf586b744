"""An endpoint's version and build, as its settings or its answers' headers tell them. Pure.

What a protocol tells in the body is the comparators' to read.
"""

from __future__ import annotations

from collections.abc import Iterable

from proxy.settings import EndpointSettings


class VersionRules:
    """One endpoint's, compiled."""

    __slots__ = ("_build", "_headers", "_version")

    def __init__(self, endpoint: EndpointSettings) -> None:
        self._version = endpoint.version
        self._build = endpoint.build
        self._headers = (endpoint.version_header.lower().encode(), endpoint.build_header.lower().encode())

    def of(self, fields: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
        """(version, build) of the endpoint that sent these answer headers; headers win over the settings."""
        version, build = self._version, self._build
        if any(self._headers):
            for name, value in fields:
                lower = name.lower()
                if lower == self._headers[0]:
                    version = value.decode("latin-1")
                elif lower == self._headers[1]:
                    build = value.decode("latin-1")
        return version, build
