from pipeline.teacher.usage import Usage, usage


def test_what_a_server_leaves_out_or_sets_to_null_is_nothing() -> None:
    assert usage('{"usage": {"input_tokens": 5, "cache_read_input_tokens": null, "output_tokens": 2}}') == Usage(5, 2)


def test_a_usage_never_raises_on_what_a_server_wrote() -> None:
    assert usage('{"usage": {"input_tokens": 1e999, "output_tokens": 2}}') == Usage()
    assert usage('{"usage": "none"}') == usage("x") == Usage()


def test_cached_input_is_part_of_the_prompt_and_what_is_read_from_the_cache_counts_against_no_limit() -> None:
    body = (
        '{"usage": {"input_tokens": 5, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 3, '
        '"output_tokens": 2}}'
    )
    assert (usage(body).prompt, usage(body).counted) == (48, 8)


def test_what_was_written_for_an_hour_is_told_from_the_rest_and_kept_in_the_record() -> None:
    def reply(written: int | None, lives: str) -> str:
        total = "null" if written is None else written
        return f'{{"usage": {{"cache_creation_input_tokens": {total}, "cache_creation": {lives}}}}}'

    both = '{"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 70}'
    assert usage(reply(100, both)) == usage(reply(100, both), hour=True) == Usage(cache_write=100, cache_write_1h=70)
    assert usage(reply(100, "null")) == Usage(cache_write=100)
    assert usage(reply(100, "null"), hour=True) == Usage(cache_write=100, cache_write_1h=100)
    assert usage(reply(None, both)) == Usage(cache_write=70, cache_write_1h=70)
    for used in (Usage(1, 2, 3, 4), Usage(1, 2, 3, 4, 4)):
        assert Usage(*used.tokens) == used
    assert (Usage(1, 2, 3, 4).tokens, Usage(1, 2, 3, 4, 4).tokens) == ([1, 2, 3, 4], [1, 2, 3, 4, 4])
    assert Usage(cache_write=4, cache_write_1h=3) + Usage(cache_write=2) == Usage(cache_write=6, cache_write_1h=3)
