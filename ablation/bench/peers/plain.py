"""A plain torch loop, as good as one that stays plain can be: the yardstick, and the script of an independent run.

Images are normalised once and stay in memory; a batch is one gather; the optimizer is fused; nothing in a step waits
for a number. A recipe with augmentation keeps bytes instead and normalises each batch after it is changed. Losses,
mixtures, schedules and test-time views are the recipe's own, so that a row of a ladder can be trained by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ablation.bench.examples import Examples, accuracy
from ablation.bench.job import Answer, Job, serve
from ablation.bench.stopwatch import Stopwatch
from ablation.bench.workload import Material
from ablation.core.device import autocast
from ablation.core.streams import drawing
from ablation.recipe.augment import Frame, PerBatch
from ablation.recipe.model import Classifier

Batch = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From positions (batch,) to what the model takes, (batch, 3, H, W) float, and the targets."""


@dataclass(frozen=True)
class Fitted:
    """A trained model, the seconds of its training, and its accuracy on the validation images, in [0, 1]."""

    model: Classifier
    seconds: float
    val_accuracy: float


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch, then predict."""
    material = Material.of(job)
    return answered(material, material.model())


def answered(material: Material, model: Classifier) -> Answer:
    """What comes of a model that has the material's starting weights."""
    done = fitted(material, model)
    return Answer(done.seconds, material.images_trained, done.val_accuracy, material.test_accuracy(done.model))


def fitted(material: Material, model: Classifier) -> Fitted:
    """The loop."""
    settings = material.recipe.train
    optimizer, loss, batch = material.optimizer(model), material.loss(), _batch(material)
    schedule, val = material.schedule(optimizer), material.normal(material.val)
    found = 0.0
    with Stopwatch() as watch:
        for epoch in range(settings.epochs):
            model.train()
            with drawing(material.task.streams.number("dropout", epoch), material.task.device):
                for places in material.order(epoch):
                    images, targets = batch(places)
                    with autocast(settings, material.task.device):
                        logits = model(images)
                    loss(logits, targets).backward()
                    if settings.clip_norm is not None:
                        nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
                    optimizer.step()
                    optimizer.zero_grad()
                    schedule.step()
            found = accuracy(model.eval(), val)
    return Fitted(model, watch.seconds, found)


def _batch(material: Material) -> Batch:
    """What makes a batch: a gather, and only what the recipe asks for beside it."""
    recipe = material.recipe
    plain = recipe.augment.changes_nothing
    examples = (material.normal if plain else material.raw)(material.train)
    taken: Batch = examples.__getitem__ if plain else _changing(examples, material)
    return taken if recipe.mix.changes_nothing else _mixing(taken, material)


def _changing(examples: Examples, material: Material) -> Batch:
    """Augmented, then normalised; by the batch where the component can, else image by image."""
    data, normalise = material.recipe.data, material.normalise
    augment = material.recipe.augment.build(Frame.of(data.image_size, data.mean))

    def changed(images: Tensor) -> Tensor:
        if isinstance(augment, PerBatch):
            return augment(images, torch.rand(len(images), augment.draws, device=images.device))
        return torch.stack([augment(image) for image in images.cpu()]).to(images.device)

    def batch(places: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = examples[places]
        return normalise(changed(images)), labels

    return batch


def _mixing(taken: Batch, material: Material) -> Batch:
    mix = material.recipe.mix.build(material.classes)

    def batch(places: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = taken(places)
        return mix(images, nn.functional.one_hot(labels, material.classes).float())

    return batch


if __name__ == "__main__":
    serve(train)
