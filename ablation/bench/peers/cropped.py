"""The plain loop on our network, which leaves out what only sees padding: beside ``ours``, only the loop differs."""

from __future__ import annotations

from ablation.bench.job import Answer, Job, serve
from ablation.bench.peers.plain import answered
from ablation.bench.workload import Material
from ablation.core.model.cropped_conv import crop_convolutions
from ablation.recipe.model import Classifier


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch, then predict."""
    material = Material.of(job)
    return answered(material, network(material))


def network(material: Material) -> Classifier:
    """The material's model, in the form in which ours trains it."""
    model = material.model()
    crop_convolutions(model)
    return model


if __name__ == "__main__":
    serve(train)
