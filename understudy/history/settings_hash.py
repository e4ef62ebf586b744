"""The hash of the settings under which a candidate was judged: its own, its production's, how they are compared. Pure.

Of headers, whose values may be secrets, it tells nothing.
"""

import msgspec
from msgspec.structs import replace

from proxy.settings import CandidateSettings
from understudy.history.entry import digest
from understudy.settings.model import Route


def settings_sha256(route: Route, candidate: CandidateSettings) -> str:
    alone = replace(route, candidates=(replace(candidate, headers={}),), noise=None)
    return digest(msgspec.json.encode(alone, order="deterministic"))
