"""What a server takes and what it refuses, found out over the real client and the real server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from serving import hosted

from pipeline.canonical import canonical_json
from pipeline.config import Judge, Teacher
from pipeline.generate.parsing import parse_reply
from pipeline.layers import BUILT_IN
from pipeline.teacher.client import Answer, open_client
from pipeline.teacher.reply_format import sample_format
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Sender, Terms, keep_terms, known_terms, wanted_terms

pytestmark = pytest.mark.slow

FORMAT = sample_format(json.loads((BUILT_IN / "contracts/schema.json").read_text()))
USER = "<cell>\nregister: plain\n</cell>\n<variation>1 of 9</variation>\n<style_reference>\nX\n</style_reference>"
PARAMS: dict[str, Any] = {
    "model": "simulated-teacher",
    "max_tokens": 900,
    "system": "Be brief. " * 500,
    "messages": [{"role": "user", "content": USER}],
    "output_config": {"effort": "low", "format": FORMAT},
}


def ask(folder: Path, terms: Terms, times: int = 1, **settings: Any) -> tuple[Sender, list[Answer], list[int]]:
    """What the sender knows in the end, the answers, and the statuses that the server gave."""

    async def main(url: str) -> tuple[Sender, list[Answer]]:
        async with open_client(url, SecretStr("simulated"), 10) as client:
            sender = Sender(client, 10, terms)
            return sender, [await sender(PARAMS) for _ in range(times)]

    with hosted(SimulatedSettings(**settings), folder) as url:
        sender, answers = asyncio.run(main(url))
    return (
        sender,
        answers,
        [json.loads(line)["status"] for line in (folder / "requests.jsonl").read_text().splitlines()],
    )


def test_a_server_that_takes_formats_and_marks_is_asked_with_both(tmp_path: Path) -> None:
    sender, answers, statuses = ask(tmp_path, Terms(), times=2)
    assert (sender.terms, statuses) == (Terms(), [200, 200])
    assert json.loads(answers[1].body)["usage"]["cache_read_input_tokens"] == 1250


def test_a_server_that_refuses_formats_is_asked_without_from_then_on(tmp_path: Path) -> None:
    sender, answers, statuses = ask(tmp_path, Terms(), times=3, structured="refuses")
    assert sender.terms == Terms(structured=False)
    assert statuses == [400, 200, 200, 200]
    assert "output_config.format" in sender.said
    assert {answer.kind for answer in answers} == {"ok"}


def test_who_insists_on_a_format_is_told_and_nothing_more_is_asked(tmp_path: Path) -> None:
    sender, answers, statuses = ask(tmp_path, Terms(insisted=("structured",)), structured="refuses")
    assert (answers[0].kind, statuses, sender.terms.structured) == ("fatal", [400], True)
    assert "teacher.structured is true and the server does not take it; set it to auto" in answers[0].error


def test_what_a_judge_insists_on_is_named_as_the_judges(tmp_path: Path) -> None:
    _, answers, _ = ask(tmp_path, wanted_terms(Judge(structured=True, caching=False)), structured="refuses")
    assert "judge.structured is true and the server does not take it" in answers[0].error


def test_a_server_that_ignores_formats_is_not_believed(tmp_path: Path) -> None:
    """Its broken replies arrive as if all were well; reading them finds what is wrong."""
    _, answers, statuses = ask(tmp_path, Terms(), structured="ignores", rates={"malformed_json": 1.0})
    assert (answers[0].kind, statuses) == ("ok", [200])
    assert parse_reply(answers[0].body, 900).reason == "malformed_json"


def test_a_refusal_that_names_neither_is_the_requests_own() -> None:
    async def refuse(_: web.Request) -> web.Response:
        error = {"type": "invalid_request_error", "message": "messages: too long"}
        return web.json_response({"type": "error", "error": error}, status=400)

    answer, terms, seen = against(refuse)
    assert (answer.kind, terms, seen) == ("refused", Terms(), 1)


def test_a_server_that_refuses_both_one_after_the_other_is_asked_without_either() -> None:
    async def strict(request: web.Request) -> web.Response:
        body = await request.json()
        if "format" in body.get("output_config", {}):
            detail = [{"loc": ["body", "output_config", "format"], "msg": "Extra inputs are not permitted"}]
            return web.json_response({"detail": detail}, status=422)
        if not isinstance(body["system"], str):
            error = {"message": "system.0.cache_control: unknown field"}
            return web.json_response({"error": error}, status=400)
        assert body["output_config"] == {"effort": "low"}
        return web.json_response({"content": []})

    answer, terms, seen = against(strict)
    assert (answer.kind, terms, seen) == ("ok", Terms(caching=False, structured=False), 3)


def test_nothing_is_concluded_while_going_without_does_not_help() -> None:
    async def effort(_: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "output_config.effort: unknown"}}, status=400)

    answer, terms, seen = against(effort)
    assert (answer.kind, terms, seen) == ("refused", Terms(), 2)


def against(handler: Any) -> tuple[Answer, Terms, int]:
    """The answer of a server of one's own, the terms afterwards, and how often it was asked."""
    seen = 0

    async def counted(request: web.Request) -> web.StreamResponse:
        nonlocal seen
        seen += 1
        answered: web.StreamResponse = await handler(request)
        return answered

    async def main() -> tuple[Answer, Terms]:
        app = web.Application()
        app.router.add_post("/v1/messages", counted)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with open_client(f"http://127.0.0.1:{runner.addresses[0][1]}", SecretStr("x"), 10) as client:
                sender = Sender(client, 10, Terms())
                return await sender(PARAMS), sender.terms
        finally:
            await runner.cleanup()

    return (*asyncio.run(main()), seen)


def test_the_body_keeps_the_plans_params_but_for_the_terms() -> None:
    stored = json.loads(canonical_json(PARAMS))
    body = Terms().dress(stored)
    assert list(body["output_config"]["format"]["schema"]["properties"]) == ["text", "answer", "confidence"]
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    plain = Terms(caching=False, structured=False).dress(stored)
    assert plain == {**stored, "output_config": {"effort": "low"}}
    assert "output_config" not in Terms(structured=False).dress({**stored, "output_config": {"format": FORMAT}})
    assert Terms(ttl="1h").dress(stored)["system"][0]["cache_control"]["ttl"] == "1h"
    assert stored == json.loads(canonical_json(PARAMS))


def test_what_was_found_out_is_kept_for_one_teacher_and_asked_anew_by_who_insists(tmp_path: Path) -> None:
    teacher, sender = Teacher(), Sender(None, 1, Terms(structured=False), "400: no")  # type: ignore[arg-type]
    assert known_terms(tmp_path, teacher) == (Terms(), False)
    keep_terms(tmp_path, teacher, Terms(), sender)
    assert known_terms(tmp_path, teacher) == (Terms(structured=False), True)
    assert known_terms(tmp_path, Teacher(model="other")) == (Terms(), False)
    insisting = Teacher(structured=True)
    assert known_terms(tmp_path, insisting) == (Terms(insisted=("structured",)), True)
    keep_terms(tmp_path, teacher, Terms(caching=False, structured=False), Sender(None, 1, Terms(False, False)))  # type: ignore[arg-type]
    assert json.loads((tmp_path / "terms.json").read_text()) == {
        "simulated-teacher at simulated": {"caching": True, "structured": False, "said": "400: no"}
    }
    (tmp_path / "terms.json").write_text("torn")
    assert known_terms(tmp_path, teacher) == (Terms(), False)


@pytest.mark.parametrize("value", [True, False, "auto"])
def test_the_settings_say_what_is_wanted(value: Any) -> None:
    wanted = wanted_terms(Teacher(caching=value, structured=value))
    assert (wanted.caching, wanted.structured) == (value is not False,) * 2
    assert wanted.insisted == (("caching", "structured") if value is True else ())
