"""A report and a policy in, a verdict out. Pure; command, HTTP and load test ask the same function.

policy.py      what an operator demands, and what of it cannot be judged
limit.py       whether an interval keeps to a limit, misses it, or cannot tell yet
checking.py    the checks of a policy on a report
growth.py      how many more pairs would decide it
judging.py     all checks together: the verdict, its reason, and what it rests on
judgement.py   the JSON face of that
starting.py    policies to start with
explaining.py  every metric that a policy can check
document.py    the blocks that a person is shown
"""
