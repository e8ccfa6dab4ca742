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
