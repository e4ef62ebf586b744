"""How a report is seen: at which confidence, and what of the traffic's own words a person may see.

Names, paths, versions, labels and texts come with the traffic. Whatever of them is shown, logged or answered goes
through a view. No function has one by default, so that nobody can forget it. What stood at a place in a body is hidden
by that place as well: the model that a request names, the version that an answer tells, an output that settings choose,
the keys below a hidden place in the path of a difference.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

from msgspec.structs import replace

from comparators.compare.label_names import is_shortened
from comparators.extract import oip_generate, openai
from comparators.extract.named_model import FOLDED
from comparators.extract.reading import PROTOCOLS
from comparators.extract.shaping import escaped
from comparators.extract.version import VARIOUS, ModelVersion
from comparators.hiding import Hidden, Hideable, as_written, hidden_by, may_find_hidden, nothing_hidden, tokens_in_sight
from comparators.plans.plan import Plan, with_model, without_model
from comparators.settings import CompareSettings, Protocol
from records.privacy.pointers import ANY, tokens_of
from records.privacy.redaction import Redaction

# Outputs that our readers name alike whatever the traffic says.
_OURS = frozenset({openai.CHAT, openai.COMPLETIONS, openai.EMBEDDINGS, oip_generate.HEAD})

Shown = Callable[[str], str]  # a text with everything replaced that a person must not see


class View(NamedTuple):
    """`told_apart`: a stored name, so that one in which a client wrote a pseudonym does not pass for what that hides.
    `shown_path` is for a JSON pointer into an answer: an output, or where answers differ; `shown_cell` for an output's
    pointer and a text in one of its tables. `shown_model` is for what a
    request names at /model; `shown_version` for what an answer of this protocol tells, "" standing for any protocol.
    """

    alpha: float
    shown: Shown
    told_apart: Callable[[str], str]
    shown_path: Shown
    shown_cell: Callable[[str, str], str]
    hidden: Hidden
    shown_model: Shown
    shown_version: Callable[[str, str], str]

    @classmethod
    def of(cls, redaction: Redaction, settings: CompareSettings) -> "View":
        def shown_model(model: str) -> str:
            if model in ("", FOLDED):
                return redaction.text(model)
            return redaction.text(redaction.member("model", redaction.told_apart(model)))

        hiding = _protocols_that_tell_hidden_versions(redaction, settings)

        def shown_version(version: str, protocol: str) -> str:
            is_hidden = bool(hiding) if not protocol else protocol in hiding
            return redaction.pseudonym(version) if is_hidden else redaction.text(version)

        chosen = _hidden_outputs(redaction, settings)
        hidden = _hidden(redaction, chosen)
        return cls(
            settings.alpha,
            redaction.text,
            redaction.told_apart,
            _shown_path(redaction, chosen),
            _shown_cell(redaction, hidden),
            hidden,
            shown_model,
            shown_version,
        )

    def key(self, key: str) -> str:
        """Of a kind of request, as a plan's key has it."""
        path_key, named = without_model(key)
        return self.shown(with_model(self.told_apart(path_key), self.shown_model(named)))

    def plan(self, plan: Plan) -> str:
        """In words."""
        heads = tuple(replace(head, pointer=self.shown_path(head.pointer)) for head in plan.heads)
        own = replace(plan, path=self.told_apart(plan.path), named=self.shown_model(plan.named), heads=heads)
        return self.shown(str(own))

    def model(self, plan: Plan) -> str:
        return self.shown_model(plan.named) if plan.named else self.shown(self.told_apart(plan.model))

    def version(self, told: ModelVersion, protocol: str) -> ModelVersion:
        """`protocol`: of the answers that may have told it."""
        version = told.version
        if version and told != VARIOUS:
            version = self.shown_version(version, protocol)
        return ModelVersion(version, self.shown(told.build))


def of_everything(alpha: float) -> View:
    """For who has nothing to hide: made-up traffic."""
    return View(alpha, str, str, str, lambda _, cell: cell, nothing_hidden, str, lambda version, _: version)


def _hidden_outputs(redaction: Redaction, settings: CompareSettings) -> Collection[str]:
    """By their names: those that settings choose at a hidden place."""
    return {
        name
        for reading in settings.readings
        for name, expression in reading.outputs.items()
        if may_find_hidden(redaction, expression)
    }


def _shown_path(redaction: Redaction, chosen: Collection[str]) -> Shown:
    """Each token below a hidden place as a pseudonym, so that different paths stay different."""

    def shown_path(path: str) -> str:
        if path in _OURS or not path.startswith("/"):
            return redaction.text(path)
        path = redaction.told_apart(path)
        tokens = tokens_of(path)
        seen = min(1 if tokens[0] in chosen else len(tokens), tokens_in_sight(redaction, tokens))
        below = (each if each == ANY else redaction.pseudonym(each) for each in tokens[seen:])
        return redaction.text("/".join((*path.split("/")[: seen + 1], *below)))

    return shown_path


def _shown_cell(redaction: Redaction, hidden: Hidden) -> Callable[[str, str], str]:
    """A pattern is asked of what a body had: of the cell behind its name, too; of what was shortened nobody knows."""

    def shown_cell(pointer: str, cell: str) -> str:
        if hidden("output", pointer):
            return "(redacted)"
        shown = redaction.text(cell)
        if shown != cell or not redaction.patterns:
            return shown
        if is_shortened(cell) or any(redaction.text(each) != each for each in as_written(pointer, cell)):
            return redaction.pseudonym(cell)
        return cell

    return shown_cell


def _hidden(redaction: Redaction, chosen: Collection[str]) -> Hidden:
    """As the rules say by the names of places; an output that settings choose has its place in them."""
    by_name = hidden_by(redaction)
    pointers = {f"/{escaped(name)}" for name in chosen}

    def hidden(kind: Hideable, name: str) -> bool:
        return (kind == "output" and name in pointers) or by_name(kind, name)

    return hidden


def _protocols_that_tell_hidden_versions(redaction: Redaction, settings: CompareSettings) -> Collection[Protocol]:
    telling = {each: own.version_at for each, own in PROTOCOLS.items() if own.version_at}
    hiding = {each for each, place in telling.items() if may_find_hidden(redaction, place)}
    if any(may_find_hidden(redaction, each.version) for each in settings.readings if each.version):
        hiding.add("chosen")
    return hiding
