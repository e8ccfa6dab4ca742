"""The `seedwright` command; heavy imports wait until needed."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.outcome import at_work, emit, told

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)

Task = Annotated[str, typer.Argument(metavar="TASK", help="A task folder, or the name of a built-in task.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="The folder of a run.")]
Config = Annotated[Path | None, typer.Option("--config", help="A YAML file of settings, laid over the task's.")]
Pairs = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="One setting; may be repeated.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write.")]
Budget = Annotated[
    float | None, typer.Option("--budget", metavar="USD", help="Hard cap on what the teacher may cost, in dollars.")
]
Address = Annotated[str | None, typer.Option("--address", help="A running Ray cluster; without it one starts here.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, last and alone.")]
Update = Annotated[
    bool, typer.Option("--update", help="Go on in a folder of other settings, and redo what depends on them.")
]
Until = Annotated[str | None, typer.Option(metavar="STAGE", help="Stop after this stage.")]
Retry = Annotated[bool, typer.Option("--retry-failed", help="Ask, and pay, again for what got no answer or no sample.")]
Text = Annotated[str, typer.Option("--text", metavar="COLUMN", help="The column that holds the text.")]
Embed = Annotated[
    str | None, typer.Option("--embed", metavar="MODEL", help="An embedding model: a folder, or a hub name.")
]
Shingle = Annotated[str, typer.Option("--shingle", metavar="KIND:N", help="word:N or char:N.")]


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"seedwright {version('seedwright')}")
        raise typer.Exit


@app.callback()
def seedwright(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A fine-tuned small model from a few real examples, by way of samples that a stronger model writes."""


def _settings(
    task: str, config: Path | None, pairs: list[str] | None, budget: float | None, address: str | None
) -> Any:
    from pipeline.layers import load_settings

    extra = [f"budget={budget!r}"] if budget is not None else []
    extra += [f"cluster.address={address}"] if address else []
    return load_settings(task, config, [*(pairs or []), *extra])[0]


@app.command()
def run(
    task: Task,
    config: Config = None,
    pairs: Pairs = None,
    out: Out = None,
    budget: Budget = None,
    address: Address = None,
    update: Update = False,
    retry_failed: Retry = False,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """The whole flow; the same command again goes on where it was."""
    from jobs.commands import run_flow

    with at_work():
        settings = _settings(task, config, pairs, budget, address)
        folder = out or Path("runs") / settings.name
        record = run_flow(settings, folder, update=update, retry_failed=retry_failed, until=until)
    emit(record, as_json)


@app.command()
def plan(
    task: Task,
    config: Config = None,
    pairs: Pairs = None,
    out: Out = None,
    update: Update = False,
    as_json: Json = False,
) -> None:
    """Strata, matrix, requests, tokens, dollars and time; spends nothing. With --out it opens the run's folder."""
    from jobs.commands import plan_only

    with at_work():
        record = plan_only(_settings(task, config, pairs, None, None), out, update=update)
    emit(record, as_json)


@app.command()
def preview(
    task: Task,
    number: Annotated[int, typer.Option("-n", min=1, help="How many samples.")] = 10,
    config: Config = None,
    pairs: Pairs = None,
    out: Annotated[Path | None, typer.Option("--out", help="Keep the replies for the run in this folder.")] = None,
    budget: Budget = None,
    as_json: Json = False,
) -> None:
    """A few samples through generation and filters, printed to be read. Asks the teacher for that many replies."""
    from jobs.preview import preview as show

    with at_work():
        found = show(_settings(task, config, pairs, budget, None), number, out)
    emit(found, as_json)


def _stage(name: str, summary: str, *, asks: bool = False) -> None:
    """`asks` says that the stage may ask the teacher, and so may want a larger budget."""

    def paid(run_dir: RunFolder, address: Address = None, budget: Budget = None, as_json: Json = False) -> None:
        from jobs.commands import one_stage

        with at_work():
            record = one_stage(run_dir, name, address=address, budget=budget)
        emit(record, as_json)

    def free(run_dir: RunFolder, address: Address = None, as_json: Json = False) -> None:
        paid(run_dir, address, None, as_json)

    app.command(name, help=summary)(paid if asks else free)


_stage("check", "Read seeds and real sets again and prove the wall between them.")


@app.command()
def generate(
    run_dir: RunFolder,
    address: Address = None,
    budget: Budget = None,
    retry_failed: Retry = False,
    as_json: Json = False,
) -> None:
    """Ask the teacher for what the ledger does not hold yet."""
    from jobs.commands import one_stage

    with at_work():
        record = one_stage(run_dir, "generate", address=address, budget=budget, retry_failed=retry_failed)
    emit(record, as_json)


_stage("curate", "Filters, deduplication, decontamination, split and dataset.", asks=True)
_stage("finetune", "Train the student's adapter on the dataset.")
_stage("evaluate", "Ask baseline and student the real rows; figures, intervals and a verdict.", asks=True)
_stage("report", "The HTML page and the model card.")


@app.command()
def dedup(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="JSONL, CSV, Parquet, or a folder of them.")],
    text: Text,
    threshold: Annotated[float, typer.Option(help="Jaccard similarity from which two texts are duplicates.")] = 0.8,
    shingle: Shingle = "word:5",
    against: Annotated[Path | None, typer.Option(help="Existing data: only new rows that repeat it go.")] = None,
    embed: Embed = None,
    embed_threshold: Annotated[float, typer.Option(help="Cosine from which two texts mean the same.")] = 0.92,
    out: Out = None,
    address: Address = None,
    as_json: Json = False,
) -> None:
    """Exact and near-duplicates out of any file: kept.parquet, removed.parquet and summary.json."""
    given = {name: value for name, value in locals().items() if name != "as_json"}
    from jobs.dedup import run as work

    with at_work():
        summary = work(**given)
    emit(summary, as_json)


@app.command()
def decontaminate(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="JSONL, CSV, Parquet, or a folder of them.")],
    against: Annotated[Path, typer.Option(metavar="EVAL", help="The evaluation set; it is never changed.")],
    text: Text,
    eval_text: Annotated[
        str | None, typer.Option("--eval-text", metavar="COLUMN", help="Its text column, if named otherwise.")
    ] = None,
    cut: Annotated[float, typer.Option(help="Jaccard similarity from which a row is contaminated.")] = 0.65,
    containment: Annotated[float, typer.Option(help="Share of an item's shingles in a row, from which it is.")] = 0.8,
    shingle: Shingle = "word:5",
    embed: Embed = None,
    ngram: Annotated[
        int | None, typer.Option(min=3, max=1000, help="Words in a row in common that are enough, such as 13.")
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Texts known not to be in EVAL, from which --embed takes its cut."),
    ] = None,
    false_alarm: Annotated[float, typer.Option(help="Share of the control that --embed may flag.")] = 0.01,
    out: Out = None,
    address: Address = None,
    as_json: Json = False,
) -> None:
    """Rows that repeat an evaluation set out of any file, with what every cut would remove and pairs to read."""
    given = {name: value for name, value in locals().items() if name != "as_json"}
    from jobs.decontaminate import run as work

    with at_work():
        summary = work(**given)
    emit(summary, as_json)


@app.command()
def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model or adapter folder, a hub name, or pocket.")],
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="JSONL, CSV, Parquet, or a folder of them.")],
    task: Annotated[str, typer.Option(metavar="TASK", help="Whose prompt is asked.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the predictions go, .jsonl or .parquet.")],
    text: Annotated[str, typer.Option("--text", metavar="COLUMN", help="The column that holds the text.")] = "text",
    config: Config = None,
    pairs: Pairs = None,
    address: Address = None,
    as_json: Json = False,
) -> None:
    """Ask a model about every row of a file."""
    from jobs.predict import predict as work
    from pipeline.layers import is_given

    with at_work():
        settings = _settings(task, config, pairs, None, address)
        four_bit = settings.finetune.four_bit if is_given("finetune.four_bit", config, pairs or []) else None
        found = work(settings, model, source, text=text, out=out, four_bit=four_bit)
    emit(found, as_json)


@app.command()
def score(
    predictions: Annotated[Path, typer.Argument(metavar="PREDICTIONS", help="What predict wrote, or item_id and raw.")],
    task: Annotated[str, typer.Option(metavar="TASK", help="Whose real rows they are measured against.")],
    set_name: Annotated[
        str | None,
        typer.Option("--set-name", metavar="SET", help="calibration, dev or final; found by the ids if not given."),
    ] = None,
    config: Config = None,
    pairs: Pairs = None,
    as_json: Json = False,
) -> None:
    """Precision, recall, F1 and the rest, with intervals, of predictions against a task's real rows."""
    from jobs.score import score as work

    with at_work():
        found = work(_settings(task, config, pairs, None, None), predictions, set_name=set_name)
    emit(found, as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    kind: Annotated[str, typer.Option(help="extraction or classification.")] = "extraction",
    as_json: Json = False,
) -> None:
    """A new task folder to fill in, every setting commented."""
    from jobs.init import init as make

    with at_work():
        made = make(folder, kind)
    emit(made, as_json)


@app.command()
def doctor(
    run_dir: Annotated[Path, typer.Option("--run-dir", help="The folder that all nodes must share.")] = Path("runs"),
    address: Address = None,
    as_json: Json = False,
) -> None:
    """What this machine and the cluster have: Ray, GPUs, keys, disk, and whether every node sees the run folder."""
    from jobs.doctor import examine

    with at_work():
        found = examine(run_dir, address)
    emit(found, as_json)


def main() -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with told():
        app()


if __name__ == "__main__":
    main()
