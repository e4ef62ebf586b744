"""How other load generators are started, and what is read out of what they print."""

import re
from pathlib import Path

import pytest

from benchmarks.processes import StartError
from benchmarks.replay.peers import PEERS, Peer
from benchmarks.traffic import PATH, REQUEST_BODY

BY_NAME = {peer.name: peer for peer in PEERS}
# Of wrk 4.1.0, ab 2.4.71, h2load 1.52.0, hey 0.1.4, autocannon 9.0.0 and Locust 2.47.0 as they printed it; of the other
# three as their documentation shows it.
PRINTED = {
    "wrk": "  1 threads and 32 connections\n  407350 requests in 2.00s, 140.63MB read\nRequests/sec: 203675.00\n",
    "ab": "Time taken for tests:   2.001 seconds\nComplete requests:      117170\nFailed requests:        0\n",
    "h2load": "requests: 101447 total, 101479 started, 101447 done, 101447 succeeded, 0 failed, 0 errored, 0 timeout\n",
    "hey": "Total data:\t5718996 bytes\n\nStatus code distribution:\n  [200]\t27628 responses\n\n",
    "bombardier": "  HTTP codes:\n    1xx - 0, 2xx - 1000000, 3xx - 0, 4xx - 0, 5xx - 0\n    others - 0\n",
    "k6": "http_req_waiting...............: avg=143.8ms min=103.5ms\nhttp_reqs......................: 180 4.36938/s\n",
    "vegeta": '{"requests":1200,"rate":120,"success":1,"status_codes":{"0":3,"200":1197},"errors":[]}\n',
    "autocannon": '{"errors":0,"timeouts":0,"non2xx":0,"resets":0,"1xx":0,"2xx":30728,"3xx":0,"4xx":0,"5xx":0}',
    "Locust, FastHttpUser": '[\n {\n  "method": "POST",\n  "num_requests": 15189,\n  "num_none_requests": 0\n }\n]\n',
}
SENT = {
    "wrk": 407_350,
    "ab": 117_170,
    "h2load": 101_447,
    "hey": 27_628,
    "bombardier": 1_000_000,
    "k6": 180,
    "vegeta": 1_197,
    "autocannon": 30_728,
    "Locust, FastHttpUser": 15_189,
}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_what_was_sent_is_read_out_of_what_is_printed(peer: Peer) -> None:
    """And what says nothing of it is an error that shows it."""
    assert peer.requests(PRINTED[peer.name]) == SENT[peer.name]
    with pytest.raises(StartError, match="no connection"):
        peer.requests("no connection")


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_each_sends_the_one_request_for_so_long_to_this_machine(peer: Peer, tmp_path: Path) -> None:
    """Whatever is to be filled in, in its command and its files, is."""
    command = peer.prepared(tmp_path, 8_123, 47)
    said = " ".join([*command, *((tmp_path / name).read_text() for name in peer.files)])

    assert "http://127.0.0.1:8123" in said
    assert PATH in said
    assert "47" in said
    assert re.search(r"\{[a-z]+\}", said) is None
    assert (tmp_path / "body.json").read_bytes() == REQUEST_BODY


def test_one_that_is_not_installed_is_not_found() -> None:
    """Which is no error: it is left out."""
    peer = Peer(name="none", program="no-such-program", install="nowhere", command="{program}", sent=r"(\d+)")

    assert peer.found() is None
