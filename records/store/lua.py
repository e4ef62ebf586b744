"""The Lua scripts: loaded once, run by digest, sent whole only where the server does not have them yet.

Each script is one atomic step of the store; scripts/ holds their text. Nothing here knows what they mean.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from records.store.server import Argument, Client, ScriptMissing

_SCRIPTS = Path(__file__).parent / "scripts"


class Script:
    """One script, with the files of functions it builds on put before it."""

    def __init__(self, name: str, *before: str) -> None:
        self._text = "\n".join((_SCRIPTS / f"{part}.lua").read_text("utf-8") for part in (*before, name))
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, client: Client, keys: Sequence[str], *arguments: Argument) -> Any:
        """Run on the node of keys[0]; all keys carry its hash tag. Raises StoreError."""
        try:
            return await client.call(keys[0], "EVALSHA", self._digest, len(keys), *keys, *arguments)
        except ScriptMissing:
            return await client.call(keys[0], "EVAL", self._text, len(keys), *keys, *arguments)


COMMIT_EXCHANGES = Script("commit_exchanges", "stream")
CLOSE_WRITER = Script("close_writer")
SETTLE_WRITER = Script("settle_writer")
ACQUIRE = Script("acquire", "stream")
RELEASE = Script("release")
FETCH = Script("fetch", "stream", "fence")
RECOVER = Script("recover", "stream", "fence")
COMMIT_ENTRIES = Script("commit_entries", "stream", "fence")
DEFER = Script("defer", "stream", "fence")
JOIN = Script("join")
REMOVE = Script("remove")
COVERAGE = Script("coverage", "counted")
LOOK = Script("look", "counted")
DEPTH = Script("depth")
REPLACE_OVERLAY = Script("replace_overlay")
EPOCH = Script("epoch")
GROW_PARTITIONS = Script("grow_partitions")
PRESENT = Script("present")
PROPOSE_CONDITIONS = Script("propose_conditions")
PROPOSE_PLAN = Script("propose_plan")
KEEP = Script("keep")
TELL = Script("tell")
APPEND_HISTORY = Script("append_history")
REPLACE_HISTORY = Script("replace_history")
MEET = Script("meet", "run")
BEAT = Script("beat", "run")
HAND_OVER = Script("hand_over", "run")
FINISH = Script("finish", "run")
