"""What may be kept of a request, and so be sent to a candidate. Pure; compiled once from the settings.

Headers are an allow list: one that nobody thought of goes to production alone. Query parameters are a deny list by
name, since a query without its parameters would be another question. The live path asks before it records, the
mirror again before it sends. Hop-by-hop and framing rules are http1's, hiding from people is redaction.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

from records.nouns import Headers
from records.settings import KeptSettings

# Inference-Header-Content-Length says where the JSON of a binary tensor request ends (Open Inference Protocol V2).
CONTENT_HEADERS = frozenset(
    {
        b"content-type",
        b"content-encoding",
        b"content-language",
        b"content-disposition",
        b"inference-header-content-length",
    }
)
REQUEST_HEADERS = CONTENT_HEADERS | {
    b"accept",
    b"accept-charset",
    b"accept-encoding",
    b"accept-language",
    b"user-agent",
    b"traceparent",
    b"x-request-id",
}
ANSWER_HEADERS = CONTENT_HEADERS | {b"server", b"x-model-name", b"x-model-version", b"x-request-id"}

# Not to be had by any setting: a client's credentials (promise 7), and framing, which each connection makes anew.
CREDENTIALS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"cookie2", b"set-cookie", b"set-cookie2"}
)
FRAMING = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

# Matched against a parameter's name, decoded, in lower case, without separators: "X-Amz-Security-Token" is
# "xamzsecuritytoken". "max_tokens" and "sort_key" are no credentials.
_CREDENTIAL_NAME = re.compile(
    r"token$|secret|passw(or)?d$|passphrase|^pass$|^pwd$|credentials?$|signature$|^sig$|^auth$|authorization|^bearer"
    r"|jwt$|session$|sessionid$|^sid$|^otp$|^key$"
    r"|(api|access|account|app|auth|client|function|licen[cs]e|master|private|sas|shared|subscription|user)key$"
)
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_SEPARATORS = re.compile(r"([&;])")


@dataclass(frozen=True, slots=True)
class KeptRules:
    """The compiled rules. Header names come in any case, and leave in lower case."""

    request_names: frozenset[bytes]
    answer_names: frozenset[bytes]

    @classmethod
    def create(cls, settings: KeptSettings, version_headers: Iterable[str] = ()) -> KeptRules:
        """`version_headers`: the answer headers that tell an endpoint's version and build, from its settings.

        Raises ValueError for a header that may not be kept.
        """
        requested = _checked("kept.headers", settings.headers)
        answered = _checked("kept.answer_headers", settings.answer_headers)
        versions = _checked("version_header", filter(None, version_headers))
        return cls(REQUEST_HEADERS | requested, ANSWER_HEADERS | answered | versions)

    def request_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
        return _pick(self.request_names, headers)

    def answer_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
        return _pick(self.answer_names, headers)

    def target(self, target: str) -> str:
        """The target without parameters whose names look like credentials; what stays, stays to the byte."""
        path, mark, query = target.partition("?")
        return _without_credentials(path, mark, query) if query else target


@lru_cache(512)  # clients choose names: bounded, and their length by the longest target
def looks_like_a_credential(parameter: str) -> bool:
    """`parameter`: a name as it stands in the query, percent-encoded and in any case."""
    return _CREDENTIAL_NAME.search(_NOT_A_LETTER.sub("", unquote_plus(parameter).lower())) is not None


def _pick(allowed: frozenset[bytes], headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple([(lower, value) for name, value in headers if (lower := name.lower()) in allowed])


def _without_credentials(path: str, mark: str, query: str) -> str:
    # Some servers separate parameters by ";" too: "a=1;token=x" must not pass as one parameter named "a".
    pieces = _SEPARATORS.split(query)
    kept: list[str] = []
    for at in range(0, len(pieces), 2):
        if looks_like_a_credential(pieces[at].partition("=")[0]):
            continue
        if kept:
            kept.append(pieces[at - 1])
        kept.append(pieces[at])
    if len(kept) == len(pieces):
        return f"{path}{mark}{query}"
    return f"{path}{mark}{''.join(kept)}" if kept else path


def _checked(setting: str, names: Iterable[str]) -> frozenset[bytes]:
    lower = {name.lower().encode("latin-1", "replace") for name in names}
    if refused := sorted(lower & (CREDENTIALS | FRAMING)):
        names_refused = ", ".join(name.decode() for name in refused)
        raise ValueError(
            f"{setting}: {names_refused} can't be kept (credentials and framing never are); "
            "give the candidate its own in its `headers`"
        )
    return frozenset(lower)
