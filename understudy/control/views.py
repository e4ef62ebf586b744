"""How the reports on a route's candidates are seen, by the settings in force. Pure."""

from comparators.view import View
from records.privacy.redaction import Redaction
from records.privacy.withheld_headers import withheld_headers
from understudy.control.evidence import compare_of
from understudy.settings.model import Settings


def view_of(settings: Settings, route: str, redaction: Redaction) -> View:
    own = next((each for each in settings.routes if each.key_name() == route), None)
    withheld = withheld_headers(settings.kept, own.headers_rested_on()) if own is not None else ()
    return View(redaction, compare_of(settings, route), withheld)
