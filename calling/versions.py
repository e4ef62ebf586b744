"""An endpoint's version and build, as its answers' headers tell them, and as its settings declare them. Pure.

What a protocol tells in the body is the comparators' to read; what an answer tells counts before what is declared.
"""

from __future__ import annotations

from calling.settings import EndpointSettings
from http1.answer import AnswerHead

Told = tuple[str, str, str, str]  # version and build as headers tell them; the same two as settings declare them


class VersionRules:
    """One endpoint's, compiled."""

    __slots__ = ("_build_header", "_declared", "_told_by_headers", "_untold", "_version_header")

    def __init__(self, endpoint: EndpointSettings) -> None:
        self._declared = (endpoint.version, endpoint.build)
        self._untold: Told = ("", "", *self._declared)
        self._version_header = endpoint.version_header.lower().encode()
        self._build_header = endpoint.build_header.lower().encode()
        self._told_by_headers = bool(self._version_header or self._build_header)

    def of(self, answer: AnswerHead | None) -> Told:
        """Of the endpoint that gave this answer, or none."""
        if answer is None or not self._told_by_headers:
            return self._untold
        version = build = ""
        for field in answer.fields:
            if field.name == self._version_header:
                version = field.value.decode("latin-1")
            elif field.name == self._build_header:
                build = field.value.decode("latin-1")
        return version, build, *self._declared
