"""What a run came to, and its forms for other tools.

rows.py            one request of a run, and all of them as columns
hdr.py             a High Dynamic Range histogram, with HdrHistogram's own buckets
hgrm.py            its percentiles as text, as HdrHistogram prints them
hlog.py            a run as HdrHistogram's interval log: a histogram for each tag and second
distributions.py   one of a run's times, as such a histogram
vegeta_results.py  a run as vegeta's results, for its report and plot
"""
