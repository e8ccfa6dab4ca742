"""The verdict on a student: better, worse, or no evidence of a difference, in words that the figures bear."""

from typing import Any

from pipeline.evaluate.intervals import FEW

BETTER, WORSE, NEITHER, NOT_MEASURABLE = "better", "worse", "no evidence of a difference", "not measurable"
DEMONSTRATION = "This is a demonstration, not evidence: the real rows were constructed."


def verdict(
    difference: dict[str, Any], demonstration: bool, student: str, baseline: str, set_name: str
) -> dict[str, str]:
    """Of the `difference` of macro F1, student minus baseline: {word, beyond_format, sentence}.

    Better or worse is what the whole interval says, and never what fewer than 10 documents say: resamples of one
    document are all alike, so that any difference would be certain. `beyond_format` says the same of the items that
    both answer in JSON, or "not measurable" when these are fewer than 10, or of fewer than 10 documents.
    """
    inner = difference["both_parse"]
    word = NEITHER if difference["documents"] < FEW else _word(difference["macro_f1"])
    measurable = min(inner["items"], inner["documents"]) >= FEW and inner["macro_f1"] is not None
    beyond = _word(inner["macro_f1"]) if measurable else NOT_MEASURABLE
    claims = {
        BETTER: f"{student} is better than {baseline}",
        WORSE: f"{student} is worse than {baseline}",
        NEITHER: f"there is no evidence of a difference between {student} and {baseline}",
    }
    sentence = f"On {set_name}, {claims[word]}: {_overall(difference)}; {_inner(inner, word, beyond)}."
    return {
        "word": word,
        "beyond_format": beyond,
        "sentence": f"{sentence} {DEMONSTRATION}" if demonstration else sentence,
    }


def _word(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return NEITHER
    return BETTER if figure["low"] > 0 else WORSE if figure["high"] < 0 else NEITHER


def _overall(difference: dict[str, Any]) -> str:
    size = _size(difference)
    if difference["macro_f1"] is None:
        return f"macro F1 is undefined on {size}"
    few = f", fewer than {FEW} documents, which are too few to say" if difference["documents"] < FEW else ""
    malformed = f"the share of malformed replies by {_shown(difference['malformed'])}"
    return f"macro F1 differs by {_shown(difference['macro_f1'])} on {size}{few}, {malformed}"


def _inner(inner: dict[str, Any], word: str, beyond: str) -> str:
    where = f"on the {_size(inner)} that both answer in JSON"
    if beyond == NOT_MEASURABLE:
        return f"{where}, nothing beyond the format is measurable"
    format_alone = ", so what was learnt may be the format alone" if word == BETTER != beyond else ""
    return f"{where}, macro F1 differs by {_shown(inner['macro_f1'])}{format_alone}"


def _shown(figure: dict[str, Any]) -> str:
    value, low, high = (f"{round(figure[key], 3) + 0.0:+.3f}" for key in ("value", "low", "high"))
    return f"{value} (95 % interval {low} to {high})"


def _size(counts: dict[str, Any]) -> str:
    return f"{_counted(counts['items'], 'item')} of {_counted(counts['documents'], 'document')}"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
