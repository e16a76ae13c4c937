"""Posts a second against `transformers.pipeline`, same weights, same texts, alternating in one run.

`python -m benchmarks.classify`. Texts: lognormal lengths around 38 tokens, one in 64 of ~1,500.
The pipeline is `feature-extraction` over the exported encoder (its windows cut at 512); ours is the
encoder with windows, pooling and all heads. `ours with mentions` is the public
door, which also segments and encodes every mention.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from sentiment.corpus import read_written
from sentiment.names import SHIPPED

BATCHES = (1, 2, 4, 8, 32)
LONG_EVERY = 64


def texts(count: int) -> list[str]:
    """Return texts of mixed length made of the corpus's own mentions, seeded."""
    generator = random.Random(1)
    words = [word for example in read_written() for word in example.text.split()]
    lengths = [max(2, int(generator.lognormvariate(3.1, 0.7))) for _ in range(count)]
    lengths[::LONG_EVERY] = [1000] * len(lengths[::LONG_EVERY])
    starts = [generator.randrange(len(words) - 1000) for _ in lengths]
    return [" ".join(words[a : a + n]) for a, n in zip(starts, lengths, strict=True)]


def ours(rows: Sequence[str], model: Path) -> Callable[[], object]:
    """Return a pass of a model directory with windows, pooling and heads over the rows."""
    from sentiment import weights
    from sentiment.inference import for_inference, plan, pool, probabilities

    shipment = weights.load(model)
    for_inference(shipment.model)

    def run() -> object:
        encodings = shipment.tokenizer.encode_batch(list(rows))
        sequences = [x for i, e in enumerate(encodings) for x in plan(e, (), i, "post")]
        vectors, _ = pool(shipment.model, sequences, len(rows))
        return probabilities(shipment.model, vectors, shipment.config.temperatures)

    return run


def whole(rows: Sequence[str], model: Path) -> Callable[[], object]:
    """Return a pass of the public door: language, mentions and all."""
    from sentiment.classify import Classifier, Document

    classifier = Classifier.load(str(model))
    return lambda: list(classifier.classify(Document(row, "nl") for row in rows))


def pipeline(rows: Sequence[str], folder: Path, batch: int) -> Callable[[], object]:
    """Return a pass of the Hugging Face pipeline at this batch size."""
    from transformers import pipeline as make

    made = make("feature-extraction", model=str(folder), tokenizer=str(folder), device="cpu")
    return lambda: made(list(rows), batch_size=batch, truncation=True, return_tensors=True)


def seconds(run: Callable[[], object]) -> float:
    """Return the wall time of one pass."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def compare(count: int, rounds: int, model: Path) -> None:
    """Print the median posts a second of each, rounds alternating; the pipeline has the shipped encoder."""
    from sentiment.export import export

    rows = texts(count)
    with tempfile.TemporaryDirectory() as name:
        export(Path(name))
        runs = {f"pipeline, batch {b}": pipeline(rows, Path(name), b) for b in BATCHES}
        runs |= {"ours": ours(rows, model), "ours with mentions": whole(rows, model)}
        taken: dict[str, list[float]] = {label: [] for label in runs}
        for _ in range(rounds):
            for label, run in runs.items():
                taken[label].append(seconds(run))
    speed = {label: count / median(times) for label, times in taken.items()}
    best = max(value for label, value in speed.items() if label.startswith("pipeline"))
    for label, value in speed.items():
        print(f"{label:20} {value:7.1f} posts/s  {value / best:5.2f} x the best pipeline")
    print(f"ours / pipeline at 32: {speed['ours'] / speed['pipeline, batch 32']:.2f} x")


def peak(which: str, count: int, model: Path) -> None:
    """Print the peak memory of one pass of `ours`, `whole` or `pipeline` in this process."""
    from sentiment.export import export

    rows = texts(count)
    with tempfile.TemporaryDirectory() as name:
        if which == "pipeline":
            export(Path(name))
        makers = {
            "ours": lambda: ours(rows, model),
            "whole": lambda: whole(rows, model),
            "pipeline": lambda: pipeline(rows, Path(name), 32),
        }
        makers[which]()()
    # Not ru_maxrss: a process that is started takes over its parent's peak.
    status = Path("/proc/self/status").read_text("utf-8")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    print(f"{which}: {int(kib) / 1024:.0f} MiB at most")


def main() -> None:
    """Compare speeds, then peak memory, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classify", description=__doc__)
    parser.add_argument("--posts", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path, default=SHIPPED, help="model directory of ours")
    parser.add_argument("--peak", choices=("ours", "whole", "pipeline"))
    options = parser.parse_args()
    if options.peak:
        peak(options.peak, options.posts, options.model)
        return
    compare(options.posts, options.rounds, options.model)
    for which in ("ours", "whole", "pipeline"):
        command = [sys.executable, "-m", "benchmarks.classify", "--peak", which]
        subprocess.run([*command, "--posts", str(options.posts), "--model", str(options.model)], check=True)


if __name__ == "__main__":
    main()
