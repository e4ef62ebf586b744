"""Which model answered, as far as it is told."""

from msgspec import Struct


class ModelVersion(Struct, frozen=True, gc=False):
    """Which model, and which build of its server, answered."""

    version: str = ""
    build: str = ""


UNNAMED = ModelVersion()
VARIOUS = ModelVersion("(various)")  # several, which are not told apart here
