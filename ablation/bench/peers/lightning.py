"""Lightning's Trainer, without the features that its documentation suggests to switch off for speed.

Off: logger, checkpoints, progress bar, model summary, sanity check, distributed sampler, anomaly detection. Metrics
are summed as tensors and never logged at each step ("Speed up model training", "Trainer" of its documentation). The
loader gathers batches from memory.
"""

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.bench.workload import Material


class Module(lightning.LightningModule):
    """The job's model as a Lightning module."""

    def __init__(self, material: Material) -> None:
        super().__init__()
        self.material = material
        self.model, self.loss = material.model(), material.loss()
        self.correct, self.accuracy = torch.zeros(()), 0.0

    def training_step(self, batch: tuple[Tensor, Tensor], number: int) -> Tensor:
        images, labels = batch
        loss: Tensor = self.loss(self.model(images), labels)
        return loss

    def on_validation_epoch_start(self) -> None:
        self.correct = torch.zeros((), device=self.device)

    def validation_step(self, batch: tuple[Tensor, Tensor], number: int) -> None:
        images, labels = batch
        self.correct += (self.model(images).argmax(1) == labels).sum()

    def on_validation_epoch_end(self) -> None:
        self.accuracy = self.correct.item() / len(self.material.split.val)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer = self.material.optimizer(self.model)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.material.schedule(optimizer), "interval": "step"},
        }


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch."""
    material = Material.of(job)
    settings, device = material.recipe.train, material.task.device
    module, (ordered, val) = Module(material), material.loaders()
    trainer = lightning.Trainer(
        max_epochs=settings.epochs,
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=[device.index or 0] if device.type == "cuda" else 1,
        precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        deterministic=settings.deterministic,
    )
    with TrainingStopwatch() as watch:
        trainer.fit(module, ordered, val)
    return Answer(watch.seconds, material.images_trained, module.accuracy)


if __name__ == "__main__":
    run_job(train)
