import pyarrow as pa

from pipeline.curate.samples import CARRIED, join_replies


def test_half_a_character_in_a_failure_is_replaced() -> None:
    requests = pa.table({name: ["k"] for name in CARRIED})
    joined = join_replies(requests, [{"key": "k", "error": "400: bad \ud800 byte"}])
    assert (joined["failure"].to_pylist(), joined["body"].to_pylist()) == (["400: bad ? byte"], [None])
