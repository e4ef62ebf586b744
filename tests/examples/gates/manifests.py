"""The manifests as their consumers read them."""

from typing import Any

import yaml

from tests.places import ROOT

DIRECTORY = ROOT / "examples/gates"


class _Loader(yaml.SafeLoader):
    """YAML 1.2, as these consumers read it: `on` is a word."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if first not in "oOyYnN" or tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(name: str) -> list[Any]:
    with (DIRECTORY / name).open(encoding="utf-8") as file:
        return list(yaml.load_all(file, _Loader))
