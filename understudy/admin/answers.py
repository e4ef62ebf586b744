"""What the API answers where all is well: JSON that says which keys it has."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

SCHEMA = 1  # docs/api.md; within it keys keep their meaning, new ones may come


def answered(document: Mapping[str, Any]) -> web.Response:
    return web.json_response({"schema": SCHEMA, **document})
