"""A streamed answer of the OpenAI API, put together from its chunks to what the answer would have been in one piece.

Pieces of text, refusals and tool calls are joined by the index of their choice, fragments of a tool call by the call's
index. Where servers differ from the API: a name with another id begins another call, though under one index (bridges to
Gemini); an id without a name does not (earlier vLLM makes one up for each fragment); without an index another id begins
a call; a name that is repeated is said once; arguments may come as an object, whole.

`usage` is the last one told, commonly in a chunk of its own without choices. `obfuscation` is random padding, and
nothing is made of it (openai-openapi, CreateChatCompletionStreamResponse). `data: [DONE]` ends a stream; one without
it, and with a choice that never told its finish reason, was cut off. openai.py calls this.
"""

from collections.abc import Iterable
from typing import Any

from comparators.errors import Unreadable
from comparators.extract import sse
from comparators.extract.document import parsed_piece
from comparators.extract.lenient import joined, whole
from comparators.extract.shaping import refuse_error

MAX_CHOICES = 1_024
MAX_CALLS = 1_024  # of tools, by one choice
DONE = b"[DONE]"
SPOKEN = "its message is spoken, not written"

_TEXTS = ("content", "refusal")


def assembled(data: bytes) -> tuple[dict[str, Any], int]:
    """The answer, and how many chunks carried output."""
    answer = StreamedAnswer()
    events = sse.events(data).data
    done = next((place for place, each in enumerate(events) if each.strip() == DONE), None)
    for each in events[:done]:
        answer.add(parsed_piece(each))
    return answer.whole(done is not None), answer.chunks


class _CallFragments:
    """A tool call, or a legacy function call."""

    def __init__(self) -> None:
        self.called = ""  # its id
        self.index = MAX_CALLS
        self.kind = "function"
        self.name = ""
        self.arguments: list[str] = []
        self.object: dict[str, Any] | None = None  # arguments that came whole

    def add(self, fragment: Any, kind: str = "function") -> bool:
        """Whether it said anything."""
        if type(fragment) is not dict:
            return False
        self.kind = kind
        name = text_in(fragment, "name")
        self.name += name if name != self.name else ""  # some repeat it in each fragment
        return self._add_arguments(fragment, "input" if kind == "custom" else "arguments") or bool(name)

    def whole(self) -> dict[str, Any]:
        arguments = "input" if self.kind == "custom" else "arguments"
        said = joined(self.arguments) if self.object is None else self.object
        return {"type": self.kind, self.kind: {"name": joined([self.name]), arguments: said}}

    def _add_arguments(self, fragment: dict[str, Any], member: str) -> bool:
        if type(fragment.get(member)) is dict:
            self.object = whole(fragment[member])
            return True
        piece = text_in(fragment, member)
        self.arguments.append(piece)
        return bool(piece)


class _Choice:
    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.calls: list[_CallFragments] = []  # in the order of their first fragments
        self.by_index: dict[int, _CallFragments] = {}
        self.function: _CallFragments | None = None
        self.finish: str | None = None
        self.has_message = False

    def add(self, choice: dict[str, Any]) -> bool:
        """Whether it carried output."""
        reason, delta = choice.get("finish_reason"), choice.get("delta")
        self.finish = joined([reason]) if type(reason) is str else self.finish
        said = "text" in choice and self._add_text("text", text_in(choice, "text"))
        if type(delta) is not dict:
            return said
        self.has_message = True
        return self._add_delta(delta) or said

    def whole(self, index: int) -> dict[str, Any]:
        """With a message, or a text, or both, as they came."""
        choice: dict[str, Any] = {"index": index, "finish_reason": self.finish}
        if self.has_message:
            choice["message"] = self._message()
        if "text" in self.texts:
            choice["text"] = joined(self.texts["text"])
        return choice

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = {name: joined(self.texts.get(name, ())) for name in _TEXTS}
        message["tool_calls"] = [call.whole() for call in self._ordered()]
        if self.function:
            message["function_call"] = self.function.whole()["function"]
        return message

    def _add_delta(self, delta: dict[str, Any]) -> bool:
        if delta.get("audio"):
            raise Unreadable(SPOKEN)
        said = [self._add_text(name, text_in(delta, name)) for name in _TEXTS]
        if type(delta.get("function_call")) is dict:
            self.function = self.function or _CallFragments()
            said.append(self.function.add(delta["function_call"]))
        calls = delta.get("tool_calls")
        said += [self._add_call(each) for each in calls if type(each) is dict] if type(calls) is list else []
        return any(said)

    def _add_text(self, name: str, piece: str) -> bool:
        self.texts.setdefault(name, []).append(piece)
        return bool(piece)

    def _add_call(self, fragment: dict[str, Any]) -> bool:
        kind = "custom" if "custom" in fragment else "function"
        called, index = fragment.get("id"), fragment.get("index")
        called = called if type(called) is str else ""
        if type(index) is int:
            call = self.by_index.get(index)
            begins = _names(fragment.get(kind))
        else:
            call = self.calls[-1] if self.calls else None
            begins = True
        if call is None or (begins and called and call.called not in ("", called)):
            call = self._begin(index)
        call.called = call.called or called
        return call.add(fragment.get(kind), kind)

    def _begin(self, index: Any) -> _CallFragments:
        call = _CallFragments()
        self.calls.append(call)
        if type(index) is int:
            call.index = index
            self.by_index[index] = call
        if len(self.calls) > MAX_CALLS:
            msg = f"a choice has more than {MAX_CALLS:,} tool calls"
            raise Unreadable(msg)
        return call

    def _ordered(self) -> list[_CallFragments]:
        """By their indices; those without one, and those that share one, as they began."""
        return sorted(self.calls, key=lambda call: call.index)


def _names(called: Any) -> bool:
    return type(called) is dict and bool(called.get("name"))


class StreamedAnswer:
    """`add` events in their order, then `whole`. `chunks`: how many of them carried output."""

    def __init__(self) -> None:
        self.chunks = 0
        self._choices: dict[int, _Choice] = {}
        self.usage: Any = None  # the last one told
        self._model = ""

    def add(self, event: Any) -> None:
        refuse_error(event)
        if type(event) is not dict or event.get("object") == "error":  # as older vLLM writes errors
            msg = "an event of its stream is no chunk of an answer"
            raise Unreadable(msg)
        model, usage, choices = event.get("model"), event.get("usage"), event.get("choices")
        self._model = self._model or (model if type(model) is str else "")
        self.usage = usage if type(usage) is dict else self.usage
        self.chunks += self._add_choices(choices if type(choices) is list else [])

    def whole(self, done: bool) -> dict[str, Any]:
        if not done and (not self._choices or any(each.finish is None for each in self._choices.values())):
            msg = "its stream was cut off: it has neither a finish_reason for each choice nor [DONE]"
            raise Unreadable(msg)
        choices = [choice.whole(index) for index, choice in self._choices.items()]
        return {"model": joined([self._model]), "choices": choices, "usage": self.usage}

    def _add_choices(self, choices: Iterable[Any]) -> bool:
        said = False
        for place, each in enumerate(choices):
            if type(each) is dict:
                index = each.get("index")
                said |= self._choice(index if type(index) is int else place).add(each)
        return said

    def _choice(self, index: int) -> _Choice:
        choice = self._choices.setdefault(index, _Choice())
        if len(self._choices) > MAX_CHOICES:
            msg = f"it has more than {MAX_CHOICES:,} choices"
            raise Unreadable(msg)
        return choice


def text_in(part: dict[str, Any], name: str) -> str:
    """Absent and null are no text. Of a list of typed parts (Mistral's with its thinking) the texts count."""
    piece = part.get(name)
    if piece is None or type(piece) is str:
        return piece or ""
    if type(piece) is list and all(type(each) is dict for each in piece):
        return "".join(text_in(each, "text") for each in piece if type(each.get("text")) is str)
    msg = f"its {name} is no text"
    raise Unreadable(msg)
