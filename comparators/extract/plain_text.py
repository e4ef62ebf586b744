"""A body that is text, and nothing else: what BentoML answers for a service that returns a str, or any text/plain.

One text, "". Line ends and a byte-order mark say nothing; a body that is no UTF-8 is Unreadable. reading.py calls this.
"""

from comparators.errors import Unreadable
from comparators.extract.output import Reading, Text, Texts


def read(data: bytes) -> Reading:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = "it is not text in UTF-8"
        raise Unreadable(msg) from error
    return Reading({"": Texts([Text(text.replace("\r\n", "\n"))])})
