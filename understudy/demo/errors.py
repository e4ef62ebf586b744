"""Why a demo ended without its reports. All are told to the person in words; the command ends with 4."""


class DemoError(Exception):
    """The demo could not show what it is there to show."""


class ProcessError(DemoError):
    """A child ended before it should have. Says what it said last."""


class NotInTimeError(DemoError):
    """What was waited for did not come in time, whether anything answered or not."""
