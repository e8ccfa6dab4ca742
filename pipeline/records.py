"""The Arrow schemas of every hand-over between rooms.

A row of SAMPLE carries its verdict: `stage`, `reason` and `score` are null while the sample is kept, and say who
rejected it, why, and by what figure once it is not. Answers and cells are canonical JSON strings, so that tasks of any
shape share one schema. `raw` is the reply where parsing rejected it, and the text as it was written where noise changed
it.
"""

import pyarrow as pa

SEED = pa.schema(
    [
        ("seed_id", pa.string()),
        ("text", pa.string()),
        ("answer", pa.string()),
        ("stratum", pa.string()),
        ("document_id", pa.string()),
        ("label_source", pa.string()),
        ("place", pa.string()),
    ]
)

REAL = pa.schema(
    [
        ("item_id", pa.string()),
        ("text", pa.string()),
        ("answer", pa.string()),
        ("scored_fields", pa.list_(pa.string())),
        ("document_id", pa.string()),
        ("label_source", pa.string()),
        ("labelled_by", pa.string()),
        ("labelled_at", pa.string()),
        ("place", pa.string()),
    ]
)

REQUEST = pa.schema(
    [
        ("sample_id", pa.string()),
        ("seed_id", pa.string()),
        ("stratum", pa.string()),
        ("cell", pa.string()),
        ("number", pa.int32()),
        ("round", pa.int32()),
        ("key", pa.string()),
        ("params", pa.large_string()),
        ("input_tokens", pa.int32()),
        ("output_tokens", pa.int32()),
    ]
)

LATER = REQUEST.append(pa.field("failure", pa.string()))
"""The requests of a later pass; `failure` says why the earlier replies make no prompt, and then key and params are
null.
"""

REPLY = pa.schema(
    [
        ("key", pa.string()),
        ("body", pa.large_string()),
        ("failure", pa.string()),
        ("seconds", pa.float64()),
    ]
)

VERDICT = pa.schema(
    [
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("score", pa.float64()),
        ("detail", pa.string()),
        ("twin_id", pa.string()),
    ]
)

SAMPLE = pa.schema(
    [
        ("sample_id", pa.string()),
        ("seed_id", pa.string()),
        ("stratum", pa.string()),
        ("cell", pa.string()),
        ("number", pa.int32()),
        ("round", pa.int32()),
        ("key", pa.string()),
        ("teacher", pa.string()),
        ("text", pa.string()),
        ("answer", pa.string()),
        ("confidence", pa.float64()),
        ("raw", pa.string()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("tags", pa.string()),
        ("judged", pa.string()),
        ("relabelled", pa.string()),
        *VERDICT,
    ]
)
"""`tags`, `judged` and `relabelled` are canonical JSON objects, or null where nothing was found or asked."""

CELL = pa.schema(
    [
        ("cell", pa.string()),
        ("planned", pa.int32()),
        ("refilled", pa.int32()),
        ("generated", pa.int32()),
        ("kept", pa.int32()),
        ("rejected", pa.map_(pa.string(), pa.int32())),
    ]
)
"""What became of the samples of one whole cell; `rejected` counts them by reason, and planned + refilled = rejected +
kept.
"""

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

EXAMPLE = pa.schema(
    [
        ("prompt", MESSAGES),
        ("completion", MESSAGES),
        ("sample_id", pa.string()),
        ("seed_id", pa.string()),
        ("cell", pa.string()),
        ("teacher", pa.string()),
        ("round", pa.int32()),
        ("source", pa.string()),
    ]
)

PREDICTION = pa.schema(
    [
        ("student", pa.string()),
        ("set", pa.string()),
        ("item_id", pa.string()),
        ("raw", pa.string()),
        ("answer", pa.string()),
        ("failure", pa.string()),
        ("seconds", pa.float64()),
        ("prompt_tokens", pa.int32()),
        ("output_tokens", pa.int32()),
        ("shots", pa.int32()),
    ]
)
"""`answer` is canonical JSON, or null where `failure` says why there is none; `seconds` are those of its batch."""
