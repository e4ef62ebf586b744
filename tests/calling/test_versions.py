"""What is known of who answered: by headers of the answer, and by settings, each for itself."""

from calling.settings import EndpointSettings
from calling.versions import VersionRules
from http1.answer import AnswerHead, read_answer_head

PLAIN = EndpointSettings(url="http://127.0.0.1:1", version="8", build="sha256:2")
TELLING = EndpointSettings(
    url="http://127.0.0.1:1", version="8", build="sha256:2", version_header="X-Version", build_header="X-Build"
)


def head_of(*lines: bytes) -> AnswerHead:
    return read_answer_head(b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"Content-Length: 0", b"", b"")))


def test_what_settings_declare_stands_beside_what_a_header_tells() -> None:
    """Neither takes the other's place: who compares says which counts."""
    told = head_of(b"X-Version: 7", b"x-build: sha256:1")
    assert VersionRules(TELLING).of(told) == ("7", "sha256:1", "8", "sha256:2")
    assert VersionRules(TELLING).of(head_of(b"X-Version: 7")) == ("7", "", "8", "sha256:2")
    assert VersionRules(PLAIN).of(told) == ("", "", "8", "sha256:2")


def test_who_gave_no_answer_is_who_settings_declare() -> None:
    """A failure has no header."""
    assert VersionRules(TELLING).of(None) == ("", "", "8", "sha256:2")
    assert VersionRules(EndpointSettings(url="http://127.0.0.1:1")).of(None) == ("", "", "", "")
