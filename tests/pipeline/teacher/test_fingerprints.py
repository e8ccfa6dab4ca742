import pytest

from pipeline.teacher.fingerprints import Fingerprints


@pytest.mark.slow
def test_what_was_added_is_found_and_nothing_else_however_often_the_table_grows() -> None:
    seen = Fingerprints()
    for number in range(100_000):
        seen.add(f"key {number}")
        seen.add(f"key {number}")
    assert all(f"key {number}" in seen for number in range(100_000))
    assert not any(f"other {number}" in seen for number in range(100_000))
