"""Randomness: independent streams of one replicate, and the only place that touches torch's global generators.

Every stream derives from ``SeedSequence([experiment seed, replicate, stream id])`` and, within a training, from the
epoch and the example or step: a draw depends on nothing else, so switching one improvement on shifts no other stream,
the order of batches changes no image's augmentation, and an interrupted epoch can be replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

StreamName = Literal[
    "split", "init", "order", "augment", "mix", "dropout", "tuner", "test", "label_noise", "corruption"
]

_IDS: dict[StreamName, int] = {
    "split": 1,
    "init": 2,
    "order": 3,
    "augment": 4,
    "mix": 5,
    "dropout": 6,
    "tuner": 7,
    "test": 8,
    "label_noise": 9,
    "corruption": 10,
}

_OF_THE_REPLICATE: tuple[StreamName, ...] = ("split", "test", "label_noise", "corruption")
"""What all members of an ensemble share: they differ in how they are trained, not in what they see."""


@dataclass(frozen=True)
class Streams:
    """The streams of one replicate.

    Args:
        seed: of the experiment, >= 0.
        replicate: number of the replicate, >= 0.
        member: of an ensemble inside the replicate, >= 0; member 0 is the training that there is without an ensemble.
    """

    seed: int
    replicate: int
    member: int = 0

    def generator(self, stream: StreamName, *key: int) -> np.random.Generator:
        """NumPy's generator for a stream, or for one part of it (an epoch, a step)."""
        return np.random.default_rng(self._sequence(stream, key))

    def number(self, stream: StreamName, *key: int) -> int:
        """A seed in [0, 2**63) for torch."""
        return int(self._sequence(stream, key).generate_state(1, np.uint64)[0] >> 1)

    def per_example(self, stream: StreamName, epoch: int, examples: int) -> np.ndarray:
        """Seeds in [0, 2**63) of a data set's examples, shape (examples,); each stays when more examples are added."""
        return self.generator(stream, epoch).integers(2**63, size=examples)

    def _sequence(self, stream: StreamName, key: tuple[int, ...]) -> np.random.SeedSequence:
        member = [self.member] if self.member and stream not in _OF_THE_REPLICATE else []
        return np.random.SeedSequence([self.seed, self.replicate, _IDS[stream], *member], spawn_key=key)


def held_out_generator(seed: int) -> np.random.Generator:
    """The stream that sets the test images aside: of the experiment, the same for all replicates and members."""
    return Streams(seed, 0).generator("test")


@contextmanager
def drawing(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for the length of the block and restore them after it.

    ``torch.manual_seed`` is avoided: without an initialised CUDA context it records a stack trace at each call.
    """
    generators = [torch.default_generator]
    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]
        generators.append(torch.cuda.default_generators[device.index or 0])
    states = [generator.get_state() for generator in generators]
    for generator in generators:
        generator.manual_seed(seed)
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


def reseed(seed: int) -> None:
    """Move torch's CPU generator to another seed, inside a ``drawing`` block."""
    torch.default_generator.manual_seed(seed)
