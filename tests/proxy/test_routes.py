"""The longest prefix wins, on a segment boundary of the raw path."""

import pytest

from proxy.routes import RouteTable

TABLE = RouteTable(
    [
        ("/v2/models/late", "late"),
        ("/", "rest"),
        ("/v2", "v2"),
        ("/v2/models/late/versions/2/", "second"),
        ("/v1/m", "v1"),
    ]
)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (b"/v2/models/late", "late"),
        (b"/v2/models/late/", "late"),
        (b"/v2/models/late/infer", "late"),
        (b"/v2/models/later", "v2"),
        (b"/v2/models/late/versions/2/infer", "second"),
        (b"/v2/models/late/versions/2", "second"),
        (b"/v2/models/late/versions/21", "late"),
        (b"/v1/m:predict", "v1"),
        (b"/v1/model", "rest"),
        (b"/v2", "v2"),
        (b"/v20", "rest"),
        (b"/V2", "rest"),
        (b"/v2%2Fmodels", "rest"),
        (b"//v2", "rest"),
        (b"*", "rest"),
    ],
)
def test_finds_the_longest_prefix(path: bytes, route: str) -> None:
    """Neither decoded nor tidied up, and never in the middle of a segment; a colon ends one, as TensorFlow has it."""
    assert TABLE.find(path) == route


def test_some_paths_belong_to_nobody() -> None:
    """Where no route is `/`."""
    table = RouteTable([("/a", 1)])
    assert [table.find(path) for path in (b"/a", b"/b", b"/", b"*")] == [1, None, None, None]
