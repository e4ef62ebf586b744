"""What all compare workers share through the store: plans, the numbers of epochs, examples. First writer wins.

One for each candidate, shared by the lanes of its partitions. What is known is asked for once.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec
import structlog

from comparators.evidence.epochs import MAX_EPOCHS, Epoch
from comparators.evidence.versions import contradictions
from comparators.extract.version import ModelVersion
from comparators.pairs.farthest_pairs import MAX_FARTHEST, OutputPlace
from comparators.settings import CompareSettings
from comparators.stored.shared_plans import SharedPlans
from comparators.stored.shared_slices import SharedSlices
from comparators.view import View
from records.store.store import Store

log = structlog.get_logger()


class SharedDecisions:
    def __init__(
        self,
        store: Store,
        route: str,
        candidate: str,
        settings: CompareSettings,
        view: View,
        key: bytes | None = None,
    ) -> None:
        """What is hidden is no slice. `key`: the installation's, where units stand in bodies."""
        self.route = route
        self.candidate = candidate
        self.settings = settings
        self.view = view
        self.plans = SharedPlans(store, route, settings, view, key)
        self.slices = SharedSlices(store.control, candidate, settings, view)
        self.counts: Counter[str] = Counter()  # committed by this worker, for its metrics
        self._control = store.control
        self._numbers: dict[Epoch, int] = {}

    async def load(self) -> None:
        """What was agreed on, as the store has it now; to be asked with each lease that is taken. Raises StoreError.

        A store that came back empty has forgotten it. Epochs under numbers that it does not know would be summaries no
        report finds: they are numbered anew, conditions are learnt anew, and plans that are known here stored again.
        """
        await self.plans.load()
        epochs = [(number, decoded_epoch(about)) for number, about in await self._control.epochs(self.candidate)]
        self._numbers = {epoch: number for number, epoch in epochs if epoch is not None}
        self.slices.forget()

    async def number(self, epoch: Epoch) -> int:
        """The epoch's number; opens it where it is new. Raises StoreError."""
        if epoch not in self._numbers and len(self._numbers) >= MAX_EPOCHS:
            epoch = epoch.without_versions()
        if epoch not in self._numbers:
            number = await self._control.epoch(self.candidate, epoch.fingerprint(), epoch.to_bytes())
            self._numbers[epoch] = number
            log.info("epoch.entered", route=self.route, candidate=self.candidate, epoch=number)
            self._warn_of_contradictions(epoch)
        return self._numbers[epoch]

    def _warn_of_contradictions(self, epoch: Epoch) -> None:
        """Whoever wrote a version into the settings may not know that answers tell another one."""
        for side, declared, told in contradictions(epoch):
            about = {"route": self.route, "candidate": self.candidate, "side": side}
            shown, counts = (_in_words(self.view.version(each, "")) for each in (declared, told))
            log.warning("version.contradicted", declared=shown, told=counts, **about)

    async def show(self, epoch: int, examples: Sequence[bytes]) -> None:
        """Keep these for people to see. Raises StoreError."""
        await self._control.add_examples(self.candidate, epoch, examples)

    async def show_farthest(self, place: OutputPlace, size: float, example: bytes) -> None:
        """Likewise, among those of an output that are farthest apart."""
        epoch, plan, output = place
        await self._control.add_farthest(self.candidate, epoch, plan, output, size, example, MAX_FARTHEST)


def _in_words(version: ModelVersion) -> str:
    return f"{version.version} {version.build}".strip()


def decoded_epoch(about: bytes) -> Epoch | None:
    try:
        return Epoch.from_bytes(about)
    except msgspec.DecodeError:
        log.warning("epoch.unreadable", bytes=len(about))
        return None
