"""`understudy promote`: decides that a candidate becomes production, on record. What switches traffic are its hooks."""

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from ground.printable import blanked
from understudy.commands.options import add_evidence_options, add_settings_options, asked_of, settings_of, written_of
from understudy.commands.parsing import Commands, add_command
from understudy.commands.who import who_asks
from understudy.settings.checks import resolved_hooks
from understudy.settings.loading import SettingsError

if TYPE_CHECKING:
    from understudy.promotion.promoting import Promotion

MAX_REASON = 1_000  # characters: it stands in the entry
HOOK_FAILED = 4  # exit code

EXAMPLE = """\
examples:
  understudy promote new --reason "CHG-1234: the faster server" --dry-run
  understudy promote new --reason "CHG-1234: the faster server" --policy policy.toml
"""


def add(commands: Commands) -> None:
    about = (
        "Decide that a candidate becomes production: refused without a passing verdict, recorded in the route's "
        "history, told to the hooks that the settings name. Prints the edit of the settings that makes it so."
    )
    parser = add_command(commands, "promote", "decide that a candidate becomes production", about, EXAMPLE)
    parser.add_argument("candidate", metavar="NAME")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; stands in the record")
    parser.add_argument(
        "--policy", metavar="FILE", help="the policy, or the name of one that the settings have for the candidate"
    )
    parser.add_argument("--override", action="store_true", help="also without a passing verdict; stands in the record")
    parser.add_argument("--dry-run", action="store_true", help="print what would happen; record and call nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_evidence_options(parser)
    add_settings_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from comparators.policy.exits import exit_code
    from understudy.promotion.promoting import PromotionQuery, promotion
    from understudy.reading.judging import GateQuery

    because = blanked(arguments.reason).strip()
    if not because or len(because) > MAX_REASON:
        raise SettingsError("--reason", f"expected a text of 1 to {MAX_REASON:,} characters")
    settings, written = settings_of(arguments), written_of(arguments)
    hooks = () if arguments.dry_run else resolved_hooks(settings, os.environ)
    gate = GateQuery(arguments.candidate, arguments.policy, asked_of(arguments), arguments.epoch, who_asks())
    query = PromotionQuery(
        gate, because, arguments.override, arguments.dry_run, written, hooks or settings.promotion.hooks
    )
    found = asyncio.run(promotion(settings, query))
    sys.stdout.write(_as_json(found) if arguments.json else _as_text(found, dry_run=arguments.dry_run))
    if found.refused:
        return exit_code(found.judgement)
    return HOOK_FAILED if found.failed else 0


def _as_json(found: "Promotion") -> str:
    from ground.printable import escaped

    told = {
        "verdict": found.judgement.verdict,
        "reason": found.judgement.reason,
        "refused": found.refused,
        "record": found.record,
        "earlier": found.earlier,
        "edit": found.edit,
        "pending": found.pending,
        "hooks": {each.hook: each.outcome for each in found.outcomes},
    }
    return escaped(msgspec.json.format(msgspec.json.encode(told)).decode()) + "\n"


def _as_text(found: "Promotion", *, dry_run: bool) -> str:
    judgement = found.judgement
    verdict = blanked(f"{judgement.verdict}: {judgement.reason}")
    if found.refused:
        return f"refused: {verdict}\n--override promotes without a passing verdict, and says so in the record\n"
    would = "would be " if dry_run else ""
    how = f"was recorded before, by entry {found.earlier}" if found.earlier else f"{would}recorded"
    record = f", record {found.record}" if found.record else ""
    lines = [f"promotion of {judgement.candidate} on {judgement.route} {how}{record}", verdict]
    lines += [f"hook {name} would be called" for name in found.pending if dry_run]
    lines += [f"hook {each.hook}: {each.outcome}" for each in found.outcomes]
    if found.failed:
        left = found.pending[len(found.outcomes) :]
        lines.append(
            "run it again to call the failed hook, with the same key" + (f", and {', '.join(left)}" if left else "")
        )
    return "\n".join([*lines, "", found.edit])
