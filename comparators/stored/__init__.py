"""The store's side of comparing: pairs of the store → summaries of the store → report.

worker.py         the candidates of the settings, given to the store's steward
charge.py         a candidate as the steward sees to it
lane.py           one partition of one candidate
tenure.py         what a lane has in memory under one lease
waiting.py        pairs that wait for the plan of their kind
revising.py       whether the plans of a partition's pairs still hold
apart.py          its work in threads, and the gate of heavy turns
states.py         a partition's summaries while a lane owns it
samples.py        which pairs go to the store's samples
decisions.py      plans and epochs, as all workers agreed on them
shared_plans.py   how they agree on plans
answers.py        the answers that a plan is decided from, of all partitions
shared_slices.py  the conditions of slices, as all workers agreed on them
merging.py        summaries of all partitions and hours, merged where they changed
scrape_cache.py   what is scraped, derived where something changed
current.py        summaries of the store → evidence → report
exposition.py     Prometheus families
"""
