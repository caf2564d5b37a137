"""Accelerate: the plain loop as its documentation writes it, with everything passed through ``Accelerator.prepare``.

The loader gathers batches from memory, the optimizer is fused, and metrics are summed as tensors ("Comparing
performance across distributed setups", "Quicktour" of its documentation).
"""

import torch
from accelerate import Accelerator

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.bench.workload import Material


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch."""
    material = Material.of(job)
    settings, device = material.recipe.train, material.task.device
    accelerator = Accelerator(
        cpu=device.type == "cpu", mixed_precision="bf16" if settings.precision == "bf16" else "no"
    )
    module, (ordered, validation), loss = material.model(), material.loaders(), material.loss()
    built = material.optimizer(module)
    model, optimizer, train, val, schedule = accelerator.prepare(
        module, built, ordered, validation, material.schedule(built)
    )
    val_accuracy = 0.0
    with TrainingStopwatch() as watch:
        for _ in range(settings.epochs):
            model.train()
            for images, labels in train:
                optimizer.zero_grad()
                accelerator.backward(loss(model(images), labels))
                optimizer.step()
                schedule.step()
            model.eval()
            correct = torch.zeros((), device=accelerator.device)
            with torch.inference_mode():
                for images, labels in val:
                    correct += (model(images).argmax(1) == labels).sum()
            val_accuracy = correct.item() / len(material.split.val)
    return Answer(watch.seconds, material.images_trained, val_accuracy)


if __name__ == "__main__":
    run_job(train)
