"""Will this flight arrive late? 336,776 flights out of New York in 2013, and three servers that answer.

    features.py      what is known of a flight at take-off: names
    data.py          the flights with their weather, as models see them; what is missing stays missing
    train.py         production's model, and its export to ONNX; checks that the two agree
    models.py        the three models behind the servers: production, ported, skewed
    model_server.py  Open Inference Protocol V2 on aiohttp; a template for a server of your own
    traffic.py       flights of months no model saw, sent in the rhythm in which they took off

Only `pip install 'understudy[demo]'` brings what these files import.
"""
