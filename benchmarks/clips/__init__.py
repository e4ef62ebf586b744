"""Where differences of scores are cut off for their mean, tried on what real models say: `python -m benchmarks.clips`.

    outputs.py     two models' answers to the same requests
    small_data.py  models of scikit-learn's own data, few but quickly made
    flights.py     models of the flights in examples/: delays, probabilities, counts, casts, wrong defaults
    texts.py       the texts of Python's own library: how long they are, and how long it takes to pack them
    rules.py       the rules for a clip that are compared, Understudy's among them
    streams.py     answers in random order: what a rule gives of them
    __main__.py    prints the tables of docs/statistics.md

An order is drawn with replacement. Then the mean of all answers is the truth at every length; of an order without it,
what was not drawn yet would be ever less, and each interval would look better than it is.
"""
