"""Which model answered, as far as it is told."""

from msgspec import Struct


class Version(Struct, frozen=True, gc=False):
    """Which model, and which build of its server, answered."""

    version: str = ""
    build: str = ""


UNNAMED = Version()
VARIOUS = Version("(various)")  # several, which are not told apart here
