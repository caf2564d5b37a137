"""fastai's Learner without its progress bar and its recorder of losses, on torch's loaders and optimizer.

``OptimWrapper`` takes torch's fused optimizer, ``DataLoaders`` takes torch's loaders, ``default_cbs=False`` leaves out
the recorder, and the progress bar comes with a module that is not imported, as in its documentation ("Learner",
"Optimizer", "callback.progress"). The schedule is stepped by a callback, in place of ``ParamScheduler``.
Mixed precision is torch's autocast: fastai's own is for CUDA.
"""

import torch
from fastai.callback.core import Callback, TrainEvalCallback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.bench.workload import Autocast, Material


class Scheduled(Callback):
    """Steps torch's schedule after each step of the optimizer."""

    def __init__(self, schedule: torch.optim.lr_scheduler.LRScheduler) -> None:
        self.schedule = schedule

    def after_step(self) -> None:
        self.schedule.step()


class Accuracy(Callback):
    """Computes the accuracy of an evaluation; counts in a tensor."""

    def __init__(self, images: int) -> None:
        self.images, self.accuracy = images, 0.0

    def before_validate(self) -> None:
        self.sum = torch.zeros(())

    def after_pred(self) -> None:
        if not self.learn.training:
            self.sum = self.sum + (self.learn.pred.argmax(1) == self.learn.yb[0]).sum()

    def after_validate(self) -> None:
        self.accuracy = self.sum.item() / self.images


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch."""
    material = Material.of(job)
    device, model = material.task.device, material.model()
    optimizer = material.optimizer(model)
    schedule, accuracy = Scheduled(material.schedule(optimizer)), Accuracy(len(material.split.val))
    learner = Learner(
        DataLoaders(*material.loaders(), device=device),
        Autocast(model, material.recipe.train, device),
        loss_func=material.loss(),
        opt_func=lambda groups, lr: OptimWrapper(opt=optimizer),
        cbs=[TrainEvalCallback(), schedule, accuracy],
        default_cbs=False,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    with TrainingStopwatch() as watch:
        learner.fit(material.recipe.train.epochs, lr=rates)
    return Answer(watch.seconds, material.images_trained, accuracy.accuracy)


if __name__ == "__main__":
    run_job(train)
