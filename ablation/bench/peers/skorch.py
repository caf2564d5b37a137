"""skorch's NeuralNet without printing, timers and scores of each batch.

Loaders gather batches from memory (``iterator_train``), the optimizer is torch's fused one, the schedule steps after
each batch, and the accuracy comes from the evaluation that skorch makes anyway (``use_caching``), as in its
documentation ("Callbacks", "FAQ"). Mixed precision is torch's autocast around the model.
"""

from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from skorch.helper import predefined_split

from ablation.bench.job import Answer, Job, TrainingStopwatch, run_job
from ablation.bench.workload import Autocast, Material


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch."""
    material = Material.of(job)
    device, model, (ordered, val) = material.task.device, material.model(), material.loaders()
    optimizer = material.optimizer(model)
    net = NeuralNetClassifier(
        Autocast(model, material.recipe.train, device),
        criterion=material.loss(),
        optimizer=lambda parameters, lr: optimizer,
        max_epochs=material.recipe.train.epochs,
        iterator_train=lambda dataset, batch_size: ordered,
        iterator_valid=lambda dataset, batch_size: val,
        train_split=predefined_split(val.dataset),
        classes=list(range(material.classes)),
        callbacks=[LRScheduler(policy=lambda built, last_epoch: material.schedule(built), step_every="batch")],
        callbacks__print_log=None,
        callbacks__epoch_timer=None,
        device=str(device),
        verbose=0,
        torch_load_kwargs={"weights_only": True},
    )
    with TrainingStopwatch() as watch:
        net.fit(ordered.dataset, y=None)
    return Answer(watch.seconds, material.images_trained, float(net.history[-1, "valid_acc"]))


if __name__ == "__main__":
    run_job(train)
