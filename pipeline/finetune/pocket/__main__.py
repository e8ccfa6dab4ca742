"""The training command: python -m pipeline.finetune.pocket OUT [--steps N] [--threads N] [--resume].

Weights in OUT can be used after every save; a run that was stopped goes on with --resume.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    import torch

    from pipeline.finetune.pocket.training import CHECKPOINT, Plan, train

    if asked.threads:
        torch.set_num_threads(asked.threads)
    plan = Plan() if asked.steps is None else replace(Plan(), steps=asked.steps)
    folder = Path(asked.out)
    train(folder, plan, asked.resume, _say)
    from pipeline.finetune.pocket.measure import measure, report

    _say(report(measure(folder)))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.finetune.pocket", description=__doc__)
    parser.add_argument("out", help="folder for the weights and, while it trains, the checkpoint")
    parser.add_argument("--steps", type=int, help="length of the whole training (default: as the shipped model)")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in OUT")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
