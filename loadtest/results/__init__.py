"""What a run came to, and its forms for other tools.

rows.py            one request of a run, and all of them as columns
row_codec.py       rows as bytes, from host to host
hdr.py             a High Dynamic Range histogram, with HdrHistogram's own buckets
hgrm.py            its percentiles as text, as HdrHistogram prints them
hlog.py            a run as HdrHistogram's interval log: a histogram for each tag and second
left_out.py        which requests these are without, in words
distributions.py   one of a run's times, as such a histogram
vegeta_results.py  a run as vegeta's results, for its report and plot
series.py          the numbers that pictures of a run show
axes.py            their axes: which part lies before a value, and the ticks
panel.py           what they are drawn with: marks between two axes as SVG, legends, sections
picture_style.py   their style: light and dark, wide and narrow
latency_pictures.py latency by percentile, and recorded against candidate
timeline_picture.py latency, disagreement, rate and requests in flight over a run's time
load_pictures.py   disagreement against load, and the generator's lag
pictures.py        all pictures of a run, and the page that shows them
"""
