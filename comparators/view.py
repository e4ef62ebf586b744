"""How a report is seen: at which confidence, and what of the traffic's own words a person may see.

Names, paths, versions, labels and texts come with the traffic. Whatever of them is shown, logged or answered goes
through a view. No function has one by default, so that nobody can forget it. What stood at a place in a body is hidden
by that place as well: the model that a request names, the version that an answer tells, an output that settings choose,
the keys below a hidden place in the path of a difference.
"""

from collections.abc import Callable, Collection

from msgspec.structs import replace

from comparators.compare.label_names import is_shortened, said_by
from comparators.extract import oip_generate, openai
from comparators.extract.reading import PROTOCOLS
from comparators.extract.shaping import escaped
from comparators.extract.template import FOLDED
from comparators.extract.version import VARIOUS, ModelVersion
from comparators.hiding import Hideable, as_written, hidden_by, may_find_hidden, tokens_in_sight
from comparators.plans.kind_of_request import with_model, without_model
from comparators.plans.plan import Plan
from comparators.settings import CompareSettings, Protocol
from records.privacy.pointers import ANY, tokens_of
from records.privacy.redaction import MIN_KEY_BYTES, Redaction
from records.settings import KeptSettings

# Outputs that our readers name alike whatever the traffic says.
_OURS = frozenset({openai.CHAT, openai.COMPLETIONS, openai.EMBEDDINGS, oip_generate.HEAD})

Shown = Callable[[str], str]  # a text with everything replaced that a person must not see


class View:
    """What the rules that redact leave of what is told of one route, whose settings name places in its answers."""

    def __init__(self, redaction: Redaction, settings: CompareSettings, withheld: tuple[str, ...] = ()) -> None:
        """`withheld`: headers that the route's settings rest on, and that its candidates don't get."""
        self.compare = settings
        self.alpha = settings.alpha
        self.ignored = settings.ignore  # an operator's own words
        self.withheld = withheld
        self._redaction = redaction
        self._chosen = _hidden_outputs(redaction, settings)
        self._chosen_pointers = {f"/{escaped(name)}" for name in self._chosen}
        self._telling = _protocols_that_tell_hidden_versions(redaction, settings)

    def shown(self, text: str) -> str:
        """By patterns alone: of a text whose place in the traffic plays no part."""
        return self._redaction.text(text)

    def hidden(self, kind: Hideable, name: str) -> bool:
        """As the rules say by the names of places; an output that settings choose has its place in them."""
        return (kind == "output" and name in self._chosen_pointers) or hidden_by(self._redaction, kind, name)

    def key(self, key: str) -> str:
        """Of a kind of request, as a plan's key has it."""
        path_key, named = without_model(key)
        return self.shown(with_model(self._redaction.told_apart(path_key), self._named(named)))

    def plan(self, plan: Plan) -> str:
        """In words."""
        heads = tuple(replace(head, pointer=self.shown_path(head.pointer)) for head in plan.heads)
        path = self._redaction.told_apart(plan.path)
        return self.shown(str(replace(plan, path=path, named=self._named(plan.named), heads=heads)))

    def model(self, plan: Plan) -> str:
        return self._named(plan.named) if plan.named else self.shown(self._redaction.told_apart(plan.model))

    def version(self, told: ModelVersion, protocol: str) -> ModelVersion:
        """`protocol`: of the answers that may have told it; "" stands for any."""
        version = told.version
        if version and told != VARIOUS:
            version = self._version(version, protocol)
        return ModelVersion(version, self._perhaps_shortened(told.build))

    def shown_path(self, path: str) -> str:
        """Of a JSON pointer into an answer: an output, or where answers differ. Each token below a hidden place is a
        pseudonym, so that different paths stay different.
        """
        if path in _OURS or not path.startswith("/"):
            return self.shown(path)
        path = self._redaction.told_apart(path)
        tokens = tokens_of(path)
        seen = min(1 if tokens[0] in self._chosen else len(tokens), tokens_in_sight(self._redaction, tokens))
        below = (each if each == ANY else self._redaction.pseudonym(each) for each in tokens[seen:])
        shown = self.shown("/".join((*path.split("/")[: seen + 1], *below)))
        return "/".join(escaped(self.shown(each)) for each in tokens_of(f"/{shown}"))  # each as a body has it

    def shown_cell(self, pointer: str, cell: str) -> str:
        """Of a text in one of an output's tables. A pattern is asked of what a body had: of what the cell says, behind
        its name, too. Where it finds more so than in the cell, nothing of the cell is shown.
        """
        if self.hidden("output", pointer):
            return "(redacted)"
        shown = self._perhaps_shortened(cell)
        if not self._redaction.patterns or is_shortened(cell):
            return shown
        said = said_by(cell)
        hides_no_more = self._finds_no_more(pointer, cell, shown) and (
            said == cell or self._finds_no_more(pointer, said, said)
        )
        return shown if hides_no_more else self._redaction.pseudonym(cell)

    def _finds_no_more(self, pointer: str, text: str, shown: str) -> bool:
        """Whether patterns leave of the text what is shown of it, wherever it may stand in a body."""
        forms = zip(as_written(pointer, text), as_written(pointer, shown), strict=False)
        return all(self.shown(form) == left for form, left in forms)

    def _named(self, model: str) -> str:
        """What a request names at /model."""
        if model in ("", FOLDED):
            return self.shown(model)
        return self.shown(self._redaction.member("model", self._redaction.told_apart(model)))

    def _version(self, version: str, protocol: str) -> str:
        is_hidden = protocol in self._telling if protocol else bool(self._telling)
        return self._redaction.pseudonym(version) if is_hidden else self._perhaps_shortened(version)

    def _perhaps_shortened(self, text: str) -> str:
        """What a pattern would find in the whole, its beginning does not tell."""
        if self._redaction.patterns and is_shortened(text):
            return self._redaction.pseudonym(text)
        return self.shown(text)


def of_everything(alpha: float) -> View:
    """For who has nothing to hide, as with made-up traffic: no rule finds anything, so the key is never used."""
    return View(Redaction.create(KeptSettings(), bytes(MIN_KEY_BYTES)), CompareSettings(alpha=alpha))


def _hidden_outputs(redaction: Redaction, settings: CompareSettings) -> Collection[str]:
    """By their names: those that settings choose at a hidden place."""
    return {
        name
        for reading in settings.readings
        for name, expression in reading.outputs.items()
        if may_find_hidden(redaction, expression)
    }


def _protocols_that_tell_hidden_versions(redaction: Redaction, settings: CompareSettings) -> Collection[Protocol]:
    telling = {each: own.version_at for each, own in PROTOCOLS.items() if own.version_at}
    hiding = {each for each, place in telling.items() if may_find_hidden(redaction, place)}
    if any(may_find_hidden(redaction, each.version) for each in settings.readings if each.version):
        hiding.add("chosen")
    return hiding
