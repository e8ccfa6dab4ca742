"""Which near-duplicate pairs the bands find, against an exact all-pairs join; datasketch's default bands beside ours.

    SEEDWRIGHT_DATA=DATA python tests/benchmarks/dedup_recall.py [--rows 20000]

Only pairs with a Jaccard similarity below 1 count: equal texts share every band. The same signatures are banded in both
ways, so the bands alone differ. Every candidate is verified, so precision is that of the verdicts that come out.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from datasketch import MinHashLSH
from enlarged import enlarged, real_texts
from scipy.sparse import csr_matrix, triu

from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.curate.minhash import Bands, band_keys, bands, signatures
from pipeline.curate.shingles import ShingleRuns, ShingleSets, Shingling

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]


def exact_pairs(sets: ShingleSets, lowest: float) -> Pairs:
    """(one, other, Jaccard) of all pairs from `lowest` on; the product of incidences misses none."""
    _, columns = np.unique(sets.values, return_inverse=True)
    held = csr_matrix((np.ones(len(columns), np.int32), columns, sets.offsets))
    shared = triu(held @ held.T, k=1).tocoo()
    union = sets.sizes[shared.row] + sets.sizes[shared.col] - shared.data
    near = shared.data >= lowest * union
    return shared.row[near], shared.col[near], shared.data[near] / union[near]


def found_share(runs: ShingleRuns, chosen: Bands, one: np.ndarray, other: np.ndarray) -> float:
    keys = band_keys(signatures(runs), chosen)
    return float(np.mean((keys[:, one] == keys[:, other]).any(axis=0)))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=20_000)
    options = asked.parse_args()
    texts = enlarged(real_texts(Path(os.environ["SEEDWRIGHT_DATA"])), options.rows)
    shingling = Shingling("word", 5)
    runs, sets = ShingleRuns.of(texts, shingling), ShingleSets.of(texts, shingling)
    table = pa.table({"row": range(len(texts)), "text": texts})
    print(f"{len(texts):,} texts, word:5, 128 permutations")
    for threshold in (0.8, 0.65):
        one, other, jaccard = exact_pairs(sets, threshold)
        below = jaccard < 1
        one, other = one[below], other[below]
        usual = MinHashLSH(threshold=threshold, num_perm=128)
        verdicts = find_duplicates(table, id="row", text="text", settings=DedupSettings(threshold))
        true = {(int(a), int(b)) for a, b in zip(*exact_pairs(sets, threshold)[:2], strict=True)}
        near = [row for row in verdicts.to_pylist() if row["reason"] == "near"]
        right = sum((min(row["id"], row["twin_id"]), max(row["id"], row["twin_id"])) in true for row in near)
        print(f"Jaccard {threshold}: {len(one):,} pairs below 1")
        for name, chosen in (("ours", bands(threshold)), ("datasketch default", Bands(usual.b, usual.r))):
            share = found_share(runs, chosen, one, other)
            print(f"  {name:19} {chosen.count:3} x {chosen.rows:2}  recall {share:.4f} of those pairs")
        print(f"  verdicts            {right:,} of {len(near):,} near rows have a true twin")


if __name__ == "__main__":
    main()
