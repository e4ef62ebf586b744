"""A report and a policy in, a verdict out. Pure; command, HTTP and load test ask the same function.

policy.py      what an operator demands, and what of it cannot be judged
starting.py    policies to start with
explaining.py  every metric that a policy can check, as it stands
ranges.py      limits that a metric cannot have
limit.py       whether an interval keeps to a limit, misses it, or cannot tell yet
checking.py    the checks of a policy on a report
growth.py      how many more pairs would decide it
amount.py      how much evidence there is
concentration.py where a failed candidate disagrees most
tolerance_notes.py  within what numbers agree, and how far apart they are
judging.py     all checks together: the verdict, its reason, and what it rests on
reasons.py     the words of a reason, with names from outside marked
judgement.py   the JSON face of a verdict
document.py    the blocks that a person is shown
next_steps.py  what to do after each verdict
formats.py     the table of formats: a judgement as text, JSON, JUnit XML or Markdown
junit.py       a judgement as a test reporter reads it
exits.py       the exit code that a pipeline obeys
hooks.py       what delivery controllers are told over HTTP
"""
