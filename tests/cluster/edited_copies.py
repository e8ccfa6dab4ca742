"""A toy corpus for deduplication: random texts and their edited copies, with labels that do not always agree."""

import random

import pyarrow as pa


def corpus(rows: int) -> pa.Table:
    generator = random.Random(11)
    texts = [" ".join(f"w{generator.randrange(500)}" for _ in range(60)) for _ in range(rows // 3)]
    while len(texts) < rows:
        found = generator.choice(texts).split()
        found[generator.randrange(len(found))] = "changed"
        texts.append(" ".join(found))
    generator.shuffle(texts)
    return pa.table(
        {
            "id": [f"{number:05d}" for number in generator.sample(range(100_000), rows)],
            "text": texts,
            "score": [generator.choice([0.5, 0.9, None]) for _ in range(rows)],
            "answer": generator.choices("AB", [9, 1], k=rows),
            "old": [generator.random() < 0.1 for _ in range(rows)],
        }
    )
