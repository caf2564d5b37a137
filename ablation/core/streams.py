"""Randomness: independent streams of one replicate, and the only module that seeds torch's global generators.

Every stream derives from ``SeedSequence([experiment seed, replicate, stream id])`` and, within a training, from the
epoch and the example or step. A draw depends on nothing else: an improvement that is switched on shifts no other
stream, the order of batches changes no image's augmentation, and an interrupted epoch can be replayed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

StreamName = Literal[
    "split", "init", "order", "augment", "mix", "dropout", "tuner", "test", "label_noise", "corruption"
]

_IDS: dict[StreamName, int] = {name: number for number, name in enumerate(get_args(StreamName), start=1)}
"""Part of the seed of a stream, so a new stream is named last."""

_SHARED_BY_MEMBERS: tuple[StreamName, ...] = ("split", "test", "label_noise", "corruption")
"""Streams that all members of an ensemble share: members differ in their training, not in their data."""


@dataclass(frozen=True)
class Streams:
    """The streams of one replicate, for one member of an ensemble (0 without an ensemble); all numbers are >= 0."""

    seed: int
    replicate: int
    member: int = 0

    def generator(self, stream: StreamName, *key: int) -> np.random.Generator:
        """A NumPy generator for a stream, or for one part of it (an epoch, a step)."""
        return np.random.default_rng(self._sequence(stream, key))

    def number(self, stream: StreamName, *key: int) -> int:
        """A seed in [0, 2**63) for torch."""
        return int(self._sequence(stream, key).generate_state(1, np.uint64)[0] >> 1)

    def per_example(self, stream: StreamName, epoch: int, examples: int) -> np.ndarray:
        """Seeds in [0, 2**63), shape (examples,); an example keeps its seed when more examples are added."""
        return self.generator(stream, epoch).integers(2**63, size=examples)

    def _sequence(self, stream: StreamName, key: tuple[int, ...]) -> np.random.SeedSequence:
        member = [self.member] if self.member and stream not in _SHARED_BY_MEMBERS else []
        return np.random.SeedSequence([self.seed, self.replicate, _IDS[stream], *member], spawn_key=key)


@contextmanager
def drawing(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for the block and restore their states after it.

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
    """Seed torch's CPU generator anew, inside a ``drawing`` block."""
    torch.default_generator.manual_seed(seed)
