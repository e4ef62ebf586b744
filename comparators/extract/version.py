"""Which model answered, as far as it is told."""

from msgspec import Struct


class ModelVersion(Struct, frozen=True, gc=False):
    """Which model, and which build of its server, answered."""

    version: str = ""
    build: str = ""


UNNAMED = ModelVersion()
VARIOUS = ModelVersion("(various)")  # several, which are not told apart here


def named(told: ModelVersion | None, declared: ModelVersion) -> ModelVersion | None:
    """What an answer tells counts, and what settings declare where it tells nothing. None: nobody says anything."""
    if declared == UNNAMED or told is None:
        return told if declared == UNNAMED else declared
    return ModelVersion(told.version or declared.version, told.build or declared.build)
