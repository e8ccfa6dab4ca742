"""The simulated teacher's reply to a request: the prompt is read, and a draft, a label or a judgement written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.errors import InputError
from pipeline.teacher.simulated.faults import FAULTS, Reply, choose, planned, render
from pipeline.teacher.simulated.judging import JUDGE_FAULTS, judge
from pipeline.teacher.simulated.label import annotation, label
from pipeline.teacher.simulated.prompt import AnnotatePrompt, DraftPrompt, JudgePrompt, LabelPrompt, read_prompt
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.simulated.wire import BYTES_PER_TOKEN, Body, tokens, user_text

HELP = (
    "I am the simulated teacher, a program and not a language model. I can draft a contract section when the prompt has"
    " a <cell> and a <style_reference> block, label a contract in a <document>, annotate one when a <deal> block stands"
    " before it, and judge a <judged_text>."
)

WAVERS = 0.25
"""How often it overlooks that a clause overrides another, when it is asked to read the same document again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with the fault that was put into it, which only the log is told."""

    text: str
    stop_reason: str
    fault: str | None = None


Respond = Callable[[Body, SimulatedSettings, Mapping[str, Any] | None], Reply | Answer]


def respond(body: Body, settings: SimulatedSettings, plan_entry: Mapping[str, Any] | None) -> Answer:
    """The whole reply, before `max_tokens` cuts it. The same body, rates and plan give the same reply.

    A planned `raw` reply answers any prompt; what else a plan can ask for needs a draft prompt.
    """
    prompt = read_prompt(user_text(body))
    if plan_entry and plan_entry.get("fault") == "raw":
        return Answer(plan_entry.get("text", ""), plan_entry.get("stop_reason", "end_turn"), "raw")
    if isinstance(prompt, DraftPrompt):
        fault = plan_entry.get("fault") if plan_entry else choose(prompt.raw, settings.rates, FAULTS)
        reply = planned(prompt, plan_entry) if plan_entry else render(prompt, fault)
        return Answer(reply.text, reply.stop_reason, fault)
    if isinstance(prompt, JudgePrompt):
        fault = plan_entry.get("fault") if plan_entry else choose(prompt.raw, settings.judge_rates, JUDGE_FAULTS)
        text, stop_reason = judge(prompt, fault)
        return Answer(text, stop_reason, fault)
    if plan_entry:
        raise InputError(
            f"simulated teacher's plan: {dict(plan_entry)} needs a draft prompt; plan a `raw` reply instead"
        )
    if isinstance(prompt, AnnotatePrompt):
        return Answer(canonical_json(annotation(prompt.document, prompt.deal)), "end_turn")
    if not isinstance(prompt, LabelPrompt):
        return Answer(HELP, "end_turn")
    return Answer(canonical_json(label(prompt.document, prompt.after, WAVERS if prompt.after else 0)), "end_turn")


def cut(text: str, max_tokens: int) -> str:
    """As much of the text as fits into `max_tokens`, to a whole character."""
    if tokens(text) <= max_tokens:
        return text
    return text.encode("utf-8", "surrogatepass")[: max_tokens * BYTES_PER_TOKEN].decode("utf-8", "ignore")
