"""A Dockerfile as stages of instructions: as much of its grammar as ours uses, so that tests can ask it things.

Continuation lines, comments, ARG before the first FROM, ENV in its KEY=VALUE form, exec-form commands. No shell.
"""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    word: str
    rest: str

    def command(self) -> list[str]:
        """The exec form, which is JSON: `CMD ["serve"]`, or what follows the options of `HEALTHCHECK … CMD […]`."""
        words: list[str] = json.loads(self.rest[self.rest.index("[") :])
        return words

    def copied(self) -> tuple[str | None, list[str]]:
        """Of a COPY: the stage it copies from, and the sources."""
        words = self.rest.split()
        options = [word for word in words if word.startswith("--")]
        stage = next((word.removeprefix("--from=") for word in options if word.startswith("--from=")), None)
        return stage, [word for word in words if word not in options][:-1]


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    base: str
    below: "Stage | None"  # where `base` is a stage of the file and no image
    own: list[Instruction] = field(default_factory=list)

    def instructions(self, word: str) -> list[Instruction]:
        """Those of this kind, the inherited ones first."""
        inherited = self.below.instructions(word) if self.below else []
        return inherited + [each for each in self.own if each.word == word]

    def last(self, word: str) -> Instruction:
        return self.instructions(word)[-1]

    def environment(self) -> dict[str, str]:
        pairs = (pair for each in self.instructions("ENV") for pair in shlex.split(each.rest))
        return dict(pair.split("=", 1) for pair in pairs)


def read(file: Path) -> list[Stage]:
    text = re.sub(r"^\s*#.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip():
            continue
        word, rest = line.strip().split(maxsplit=1)
        if word == "FROM":
            base, name = _from(rest, arguments)
            stage = stages[name] = Stage(name, base, stages.get(base))
        elif stage is None:
            assert word == "ARG", f"{word} before the first FROM"
            argument, _, default = rest.partition("=")
            arguments[argument] = default
        else:
            stage.own.append(Instruction(word, rest))
    return list(stages.values())


def _from(rest: str, arguments: dict[str, str]) -> tuple[str, str]:
    found = re.fullmatch(r"(\S+) AS (\S+)", rest)
    assert found, f"a stage without a name: FROM {rest}"
    return re.sub(r"\$\{(\w+)\}", lambda name: arguments[name[1]], found[1]), found[2]
