"""What a promotion calls, as an operator writes it. Composed by model.py."""

from typing import Annotated

from msgspec import Meta, Struct, field

from http1.settings import Seconds
from proxy.settings import ShortName


class HookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Called in this order once a promotion is recorded: a command, which gets the entry as JSON on its stdin, or a
    webhook, which is sent it by POST.
    """

    name: Annotated[
        ShortName,
        Meta(
            description="The hook's name in the history, which has neither its URL nor its words.",
            examples=["deploy"],
        ),
    ]
    command: Annotated[
        tuple[str, ...],
        Meta(
            description="Program and arguments; no shell reads them. `UNDERSTUDY_RECORD` is the entry's hash, the same "
            "when the hook is called again.",
            examples=[["./deploy.sh", "production"]],
        ),
    ] = ()
    url: Annotated[
        str,
        Meta(
            description="Where to POST, instead of a command; `env:NAME` takes a variable's value. The header "
            "Idempotency-Key is the entry's hash. Any answer but 2xx is a failure.",
            examples=["https://deploy.internal/hooks/promotion"],
        ),
    ] = ""
    headers: Annotated[
        dict[str, str], Meta(description="Headers of the POST; `env:NAME` takes a variable's value.")
    ] = field(default_factory=dict)
    timeout_s: Annotated[
        Seconds, Meta(description="Longest time for the command to end, or the webhook to answer.")
    ] = 60.0


class PromotionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `understudy promote` does besides recording a decision."""

    hooks: Annotated[
        tuple[HookSettings, ...],
        Meta(
            description="Called in this order once a promotion is recorded: a command, which gets the entry as JSON on "
            "its stdin, or a webhook, which is sent it by POST. The variables of `env:NAME` are those of `promote`."
        ),
    ] = ()
