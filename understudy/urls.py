"""URLs as a person may see them: without user info, which may hold a password. Pure; used by logs, errors and plan."""

import re

# A Redis password may hold anything, so there everything up to the last @ goes; elsewhere a path may hold an @ too.
USER_INFO = re.compile(r"(?P<scheme>rediss?://)[^\s\"']*@|(?P<other>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s\"']*@")


def without_user(text: str) -> str:
    """`text` with `user:password@` taken out of every URL in it."""
    return USER_INFO.sub(lambda found: f"{found['scheme'] or found['other']}***@", text)
