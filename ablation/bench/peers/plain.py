"""A plain torch loop, as fast as a plain one can be: the reference, and the script of an independent run.

Images are normalised once and stay in memory; a batch is one gather; the optimizer is fused; a step never waits
for the device. A recipe with augmentation stores uint8 and normalises each batch after its augmentation. Losses, mixes,
schedules and test-time views are the recipe's own, so that it can train the rows of a ladder.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.bench.workload import LabelledBatch, Material, accuracy
from ablation.core.device import autocast
from ablation.core.streams import drawing
from ablation.recipe.augment import Frame, PerBatch, PerImage
from ablation.recipe.model import Classifier


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch, then predict."""
    material = Material.of(job)
    return train_model(material, material.model())


def train_model(material: Material, model: Classifier) -> Answer:
    """The training loop over a model with the material's initial weights."""
    settings, device = material.recipe.train, material.task.device
    optimizer, loss, batch = material.optimizer(model), material.loss(), batch_maker(material)
    schedule, val = material.schedule(optimizer), material.normal(material.split.val)
    val_accuracy = 0.0
    with TrainingStopwatch() as watch:
        for epoch in range(settings.epochs):
            model.train()
            with drawing(material.task.streams.number("dropout", epoch), device):
                for places in material.order(epoch):
                    images, targets = batch(places)
                    with autocast(settings, device):
                        logits = model(images)
                    loss(logits, targets).backward()
                    if settings.clip_norm is not None:
                        nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
                    optimizer.step()
                    optimizer.zero_grad()
                    schedule.step()
            val_accuracy = accuracy(model.eval(), val)
    return Answer(watch.seconds, material.images_trained, val_accuracy, material.test_accuracy(model))


def batch_maker(material: Material) -> Callable[[Tensor], LabelledBatch]:
    """A function from positions (batch,) to a batch: a gather, then the recipe's augmentation and mix, if any."""
    recipe, normalise, classes = material.recipe, material.normalise, material.classes
    augments, mixes = not recipe.augment.changes_nothing, not recipe.mix.changes_nothing
    examples = (material.raw if augments else material.normal)(material.split.train)
    augment = recipe.augment.build(Frame.of(recipe.data.image_size, recipe.data.mean))
    mix = recipe.mix.build(classes)

    def batch(places: Tensor) -> LabelledBatch:
        images, labels = examples[places]
        if augments:
            images = normalise(_augmented(images, augment))
        return mix(images, nn.functional.one_hot(labels, classes).float()) if mixes else (images, labels)

    return batch


def _augmented(images: Tensor, augment: PerImage | PerBatch) -> Tensor:
    """Images augmented by the batch if possible, else image by image on the CPU."""
    if isinstance(augment, PerBatch):
        return augment(images, torch.rand(len(images), augment.draws, device=images.device))
    return torch.stack([augment(image) for image in images.cpu()]).to(images.device)


if __name__ == "__main__":
    run_job(train)
