"""Request headers that settings rest on though no candidate gets them: its answers can't depend on them. Pure."""

from collections.abc import Iterable

from records.privacy.kept_rules import CREDENTIALS, FRAMING, KeptRules
from records.settings import KeptSettings

_WAYS_OUT = {
    False: "name it in [kept] headers, if answers depend on it",
    True: "never kept; give the candidate its own in its `headers`, if answers depend on it",
}


def withheld_headers(kept: KeptSettings, named: Iterable[str]) -> tuple[str, ...]:
    """Those of the named ones that are withheld from candidates, each once, as they are written."""
    passed_on = KeptRules.create(kept).request_names
    found: dict[str, str] = {}
    for name in named:
        if name and name.lower().encode() not in passed_on:
            found.setdefault(name.lower(), name)
    return tuple(found.values())


def in_words(withheld: Iterable[str]) -> str:
    """Each with its way out; "" where there are none."""
    never = CREDENTIALS | FRAMING
    told = (f"{name} ({_WAYS_OUT[name.lower().encode() in never]})" for name in withheld)
    return ", ".join(told)
