"""The plain loop on our network, without kernel taps that only see padding: only the loop differs from ours."""

from ablation.bench.job import Answer, Job, run_job
from ablation.bench.peers.plain import train_model
from ablation.bench.workload import Material
from ablation.core.model.cropped_conv import crop_convolutions
from ablation.recipe.model import Classifier


def train(job: Job) -> Answer:
    """Train and evaluate after each epoch, then predict."""
    material = Material.of(job)
    return train_model(material, network(material))


def network(material: Material) -> Classifier:
    """The material's model, cropped as ours trains it."""
    model = material.model()
    crop_convolutions(model)
    return model


if __name__ == "__main__":
    run_job(train)
