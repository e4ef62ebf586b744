"""Endpoints, and how they are asked, as an operator writes them. Composed by proxy/settings.py."""

from typing import Annotated

from msgspec import Meta, field

from http1.settings import ClientSettings, Seconds


class EndpointSettings(ClientSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model endpoint and how its version is known."""

    version: Annotated[
        str,
        Meta(description="The model's version (a git commit, say), where answers do not tell it.", examples=["1.4.0"]),
    ] = ""
    build: Annotated[
        str,
        Meta(
            description="Of what it was built (an image's digest; a hash of locked dependencies, data or profile), "
            "where answers do not tell it.",
            examples=["sha256:4f5c"],
        ),
    ] = ""
    version_header: Annotated[str, Meta(description="Answer header that tells the version.")] = ""
    build_header: Annotated[str, Meta(description="Answer header that tells the build.")] = ""


class CallSettings(EndpointSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint that is sent recorded requests."""

    timeout_s: Annotated[Seconds | None, Meta(description="Longest time for the whole call.")] = 30.0
    max_in_flight: Annotated[int, Meta(ge=1, le=10_000, description="Most calls that one process has under way.")] = 32
    max_answer_bytes: Annotated[int, Meta(ge=0, description="A larger answer counts as a failure (too_large).")] = (
        16_777_216
    )
    headers: Annotated[
        dict[str, str], Meta(description="Headers added to each call; `env:NAME` takes the value from the environment.")
    ] = field(default_factory=dict)
    remove_headers: Annotated[tuple[str, ...], Meta(description="Headers taken out of each call.")] = ()
    rewrite_prefix: Annotated[
        str | None, Meta(description="What the route's prefix becomes at the endpoint.", examples=["/v3"])
    ] = None
    host: Annotated[str, Meta(description="Host header of the call. Empty: the endpoint's own.")] = ""
