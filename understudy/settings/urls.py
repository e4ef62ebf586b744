"""URLs as a person may see them: without user info, which may hold a password. Pure; used by logs, errors and banner.

A URL of the settings is parsed (`shown_url`); where one stands inside a text, as in a library's message, its end can't
be known, and rather too much of it goes (`without_user`).
"""

import re
from urllib.parse import SplitResult, urlsplit

HIDDEN = "(not shown)"
REDIS = ("redis", "rediss")

# A Redis password may hold anything, so there everything up to the last @ goes, spaces too where the text is the URL
# alone; elsewhere a path may hold an @ too.
USER_INFO = re.compile(
    r"(?P<alone>^\s*rediss?://).*@|(?P<redis>rediss?://)\S*@|(?P<other>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s]*@", re.DOTALL
)
QUERY_SECRET = re.compile(r"(?P<name>[?&](username|password)=)[^&\s]*")


def shown_url(url: str) -> str:
    """`url` without user info, fragment and what its query says; HIDDEN where that can't be told from the rest."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read when asked for
    except ValueError:
        return HIDDEN
    _user, at, host = parts.netloc.rpartition("@")
    if parts.fragment or not parts.scheme or (not host and parts.scheme != "unix") or _ambiguous(parts):
        return HIDDEN
    slashes = "//" if url.partition(":")[2].startswith("//") else ""
    query = f"?{'&'.join(map(_shown_option, parts.query.split('&')))}" if parts.query else ""
    return f"{parts.scheme}:{slashes}{'***@' if at else ''}{host}{parts.path}{query}"


def without_user(text: str) -> str:
    """`text` with `user:password@` taken out of every URL in it."""
    text = USER_INFO.sub(lambda found: f"{found['alone'] or found['redis'] or found['other']}***@", text)
    return QUERY_SECRET.sub(lambda found: f"{found['name']}***", text)


def _ambiguous(parts: SplitResult) -> bool:
    """A / or ? that was not encoded in a password: what parses as host and path is the password."""
    return parts.scheme in REDIS and "@" in f"{parts.path}{parts.query}"


def _shown_option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"db={value}" if name == "db" and value.isdigit() else "***"
