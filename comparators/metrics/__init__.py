"""What a metric is, how one is named, and a document of metrics. Pure.

metric.py        one value, one interval, its method
way.py           what a way is in which sums become one
variants.py      ways made of others: in another unit, where there is any
ways.py          the ways in which sums become one
changes.py       the metrics of a change of any size
definition.py    all that is said of a metric, once: name, unit, direction, label, help, way, sums
rederivation.py  its interval once more, from what a report shows
address.py       what names one metric of one report, and its spelling
resolving.py     from an address with parts left out to one metric
document.py      the blocks that a person is shown
"""
