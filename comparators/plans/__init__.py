"""How one kind of request is read and compared, decided from enough answers, and anew where they no longer fit. Pure.

kind_of_request.py  of which kind a request is
plan.py             how one (method, path template, model) is read and compared
decision.py         what production's answers say of that
known_plans.py      the plans that one route's kinds of request have
grounds.py          on which values a kind rests
fitness.py          whether production's answers still fit a plan
recurrence.py       whether whole numbers that are labels come again
revisions.py        where in a partition each revision of a plan began
inference.py        which kind of output a value is
vectors.py          what rows of several numbers say of that
nearly_all.py       how many values may be otherwise
"""
