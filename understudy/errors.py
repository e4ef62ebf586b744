"""Errors of the command that are nobody's wrong setting: those are loading.py's SettingsError."""


class EmbeddedRedisError(Exception):
    """The server did not come up; says what its log says."""
