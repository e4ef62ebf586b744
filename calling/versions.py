"""An endpoint's version and build, as its settings or its answers' headers tell them. Pure.

What a protocol tells in the body is the comparators' to read.
"""

from __future__ import annotations

from calling.settings import EndpointSettings
from http1.answer import AnswerHead


class VersionRules:
    """One endpoint's, compiled."""

    __slots__ = ("_build", "_build_header", "_told_by_headers", "_version", "_version_header")

    def __init__(self, endpoint: EndpointSettings) -> None:
        self._version = endpoint.version
        self._build = endpoint.build
        self._version_header = endpoint.version_header.lower().encode()
        self._build_header = endpoint.build_header.lower().encode()
        self._told_by_headers = bool(self._version_header or self._build_header)

    def of(self, answer: AnswerHead | None) -> tuple[str, str]:
        """(version, build) of the endpoint that gave this answer, or none; a header wins over the settings."""
        version, build = self._version, self._build
        if answer is not None and self._told_by_headers:
            for field in answer.fields:
                if field.name == self._version_header:
                    version = field.value.decode("latin-1")
                elif field.name == self._build_header:
                    build = field.value.decode("latin-1")
        return version, build
