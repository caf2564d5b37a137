"""A plain torch loop, as fast as a plain one can be: the reference, and the script of an independent run.

Images are normalised once and stay in memory; a batch is one gather; the optimizer is fused; a step never waits
for the device. A recipe with augmentation stores uint8 and normalises each batch after its augmentation. Losses, mixes,
schedules and test-time views are the recipe's own, so that it can train the rows of a ladder.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ablation.bench.examples import InMemoryExamples, accuracy
from ablation.bench.job import Answer, Job, run_job
from ablation.bench.stopwatch import TrainingStopwatch
from ablation.bench.workload import Material
from ablation.core.device import autocast
from ablation.core.streams import drawing
from ablation.recipe.augment import Frame, PerBatch
from ablation.recipe.model import Classifier

TakeBatch = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From positions (batch,) to the model's input, (batch, 3, H, W) float, and the targets."""


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
    """Train a model with the material's initial weights, evaluate and predict."""
    fit = fitted(material, model)
    return Answer(fit.seconds, material.images_trained, fit.val_accuracy, material.test_accuracy(fit.model))


def fitted(material: Material, model: Classifier) -> Fitted:
    """The training loop, with an evaluation after each epoch."""
    settings = material.recipe.train
    optimizer, loss, batch = material.optimizer(model), material.loss(), _batch(material)
    schedule, val = material.schedule(optimizer), material.normal(material.val)
    val_accuracy = 0.0
    with TrainingStopwatch() as watch:
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
            val_accuracy = accuracy(model.eval(), val)
    return Fitted(model, watch.seconds, val_accuracy)


def _batch(material: Material) -> TakeBatch:
    """A function that makes a batch: a gather, then the recipe's augmentation and mix, if any."""
    recipe = material.recipe
    plain = recipe.augment.changes_nothing
    examples = (material.normal if plain else material.raw)(material.train)
    taken: TakeBatch = examples.__getitem__ if plain else _augmenting(examples, material)
    return taken if recipe.mix.changes_nothing else _mixing(taken, material)


def _augmenting(examples: InMemoryExamples, material: Material) -> TakeBatch:
    """Batches that are augmented, then normalised; augmented by the batch if possible, else image by image."""
    data, normalise = material.recipe.data, material.normalise
    augment = material.recipe.augment.build(Frame.of(data.image_size, data.mean))

    def augmented(images: Tensor) -> Tensor:
        if isinstance(augment, PerBatch):
            return augment(images, torch.rand(len(images), augment.draws, device=images.device))
        return torch.stack([augment(image) for image in images.cpu()]).to(images.device)

    def batch(places: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = examples[places]
        return normalise(augmented(images)), labels

    return batch


def _mixing(taken: TakeBatch, material: Material) -> TakeBatch:
    mix = material.recipe.mix.build(material.classes)

    def batch(places: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = taken(places)
        return mix(images, nn.functional.one_hot(labels, material.classes).float())

    return batch


if __name__ == "__main__":
    run_job(train)
