"""Addresses of a cluster, before Ray is asked."""

import socket
import time

import pytest

from cluster.session import session
from pipeline.errors import InputError


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("spelling", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_an_address_where_nothing_listens_is_refused_in_seconds(spelling: str, closed_port: int) -> None:
    address = spelling.format(closed_port)
    started = time.monotonic()
    with pytest.raises(InputError) as caught, session(address):
        raise AssertionError("connected")
    assert time.monotonic() - started < 30  # most of it is the import of Ray
    assert f"no Ray cluster at {address} (Connection refused); start one with `ray start --head`" in str(caught.value)


@pytest.mark.parametrize("address", ["two..dots:6379", "127.0.0.1:99999", "[::1]:1"])
def test_an_address_that_cannot_be_one_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match=r"^cluster\.address: no Ray cluster at .*$"), session(address):
        raise AssertionError("connected")
