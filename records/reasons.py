"""Why a request was not compared: closed lists, in one table. Coverage adds up over exactly these.

requests = not_sampled{reason} + shed{reason} + held + recorded
recorded = mirrored + skipped{reason} + waiting             (each candidate)
mirrored = compared + incomparable{reason} + uncompared     (each candidate)
"""

NOT_SAMPLED = ("ratio", "method", "health_path", "shadow_marker")
SHED = (
    "buffer",
    "memory",
    "request_too_large",
    "request_unread",  # production answered, or failed, before the request had been read
    "too_large_to_redact",  # with redact_before_storage: to hide what is in its bodies would hold up all clients
    "upgrade",
    "client_gone",
    "store_away",
    "worker_died",
)
SKIPPED = ("expired", "too_old", "breaker", "paused", "removed", "store_lost", "set_aside")
# capture_cut: an answer that was not kept whole; or a request, which then counts as mirrored though it was not sent.
# production_too_large: production's answer would unpack, or grow once it is parsed, beyond what is held of one answer.
INCOMPARABLE = ("production_unreadable", "production_too_large", "capture_cut", "set_aside", "expired", "removed")
# undecided: it waits for its kind's plan, which too few answers have spoken for. The rest is on its way.
UNCOMPARED = ("undecided",)
# What a mirror did otherwise than in production's order of events.
ASKED_UNLIKE = (
    "more_in_hand",  # the candidate, when it was asked, than production had
    "fewer_in_hand",
    "behind",  # the order was dropped to catch up; or no slot was free, or the breaker open, when it was due
    "late",  # by more than a millisecond, or out of order, since production took long
    "shared",  # another mirror asks the candidate too: nobody knows how many it has in hand
)
# no_timings: production answered, and its record does not tell how long it took, as those of other tools.
LATENCY_EXCLUDED = ("warm_up", "client_paused", "loop_lag", "no_timings", "failed", *ASKED_UNLIKE)
