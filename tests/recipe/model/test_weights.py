from __future__ import annotations

import hashlib
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from ablation.errors import UserError
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier

ARCHITECTURE = "squeezenet1_1"


def model_settings(weights: object, backbone: str = ARCHITECTURE) -> ModelSettings:
    return ModelSettings.model_validate({"backbone": backbone, "weights": str(weights)})


def pretrained(classes: int = 1000) -> dict[str, torch.Tensor]:
    return dict(models.get_model(ARCHITECTURE, weights=None, num_classes=classes).state_dict())


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("classes", [1000, 5])
def test_a_local_file_fills_the_backbone_and_leaves_the_head_fresh(tmp_path: Path, suffix: str, classes: int) -> None:
    state, file = pretrained(classes), tmp_path / f"weights{suffix}"
    save_file(state, file) if suffix == ".safetensors" else torch.save(state, file)
    model = build_model(model_settings(file), classes=5, image_size=32)
    body = model.backbone.body.state_dict()
    assert set(state) - set(body) == {"classifier.1.weight", "classifier.1.bias"}
    assert all(torch.equal(body[key], state[key]) for key in body)
    assert not torch.equal(model.head[1].weight, state["classifier.1.weight"].flatten(1))  # type: ignore[index]


def test_a_relative_path_starts_from_the_base(tmp_path: Path) -> None:
    save_file(pretrained(), tmp_path / "w.safetensors")
    build_model(model_settings("w.safetensors"), classes=2, image_size=32, base=tmp_path)
    with pytest.raises(UserError, match=r"no file w\.safetensors"):
        build_model(model_settings("w.safetensors"), classes=2, image_size=32)


def test_the_weights_of_a_finished_training_start_another(tmp_path: Path) -> None:
    first = build_model(ModelSettings.model_validate({"backbone": "small_cnn"}), classes=4, image_size=16)
    save_file(first.state_dict(), tmp_path / "first.safetensors")
    second = build_model(model_settings(tmp_path / "first.safetensors", "small_cnn"), classes=9, image_size=16)
    for key, value in first.backbone.state_dict().items():
        assert torch.equal(value, second.backbone.state_dict()[key])


def test_weights_of_another_architecture_are_refused_with_their_keys(tmp_path: Path) -> None:
    save_file(pretrained(), tmp_path / "w.safetensors")
    with pytest.raises(UserError) as caught:
        build_model(model_settings(tmp_path / "w.safetensors", "resnet18"), classes=2, image_size=32)
    assert "missing: conv1.weight, bn1.weight" in caught.value.problem
    assert "unknown: classifier.1.bias" in caught.value.problem
    assert "in all)" in caught.value.problem


def test_a_key_too_few_is_refused(tmp_path: Path) -> None:
    state = pretrained()
    del state["features.0.bias"]
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"missing: features\.0\.bias; unknown: none"):
        build_model(model_settings(tmp_path / "w.safetensors"), classes=2, image_size=32)


def test_weights_of_another_width_are_refused_with_their_shapes(tmp_path: Path) -> None:
    narrow = ModelSettings.model_validate({"backbone": {"name": "small_cnn", "width": 8}})
    save_file(build_model(narrow, 2, 16).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"size mismatch for 0\.weight"):
        build_model(model_settings(tmp_path / "w.safetensors", "small_cnn"), classes=2, image_size=16)


@pytest.mark.parametrize(
    ("name", "content"),
    [("w.pth", b"nonsense"), ("w.safetensors", b"nonsense"), ("w.pth", b""), ("w.pt", b"PK\x03\x04 cut short")],
)
def test_an_unreadable_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"cannot read .*{name}"):
        build_model(model_settings(tmp_path / name), classes=2, image_size=32)


def test_a_pickled_model_is_not_executed(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(1, 1), tmp_path / "model.pt")
    with pytest.raises(UserError, match="cannot read"):
        build_model(model_settings(tmp_path / "model.pt"), classes=2, image_size=32)


def test_a_file_without_a_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(UserError, match="holds no state dict"):
        build_model(model_settings(tmp_path / "w.pt"), classes=2, image_size=32)


def test_old_files_without_batch_counts_are_taken(tmp_path: Path) -> None:
    state = models.get_model("shufflenet_v2_x0_5", weights=None).state_dict()
    old = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    save_file(old, tmp_path / "w.safetensors")
    build_model(model_settings(tmp_path / "w.safetensors", "shufflenet_v2_x0_5"), classes=2, image_size=32)


def test_densenets_old_keys_are_renamed() -> None:
    adapted = TorchvisionClassifier(name="densenet121").adapt(
        {
            "features.denseblock1.denselayer1.norm.1.weight": torch.zeros(1),
            "features.denseblock1.denselayer1.conv.2.weight": torch.ones(1),
            "features.norm0.weight": torch.ones(1),
        },
        image_size=32,
    )
    assert list(adapted) == [
        "features.denseblock1.denselayer1.norm1.weight",
        "features.denseblock1.denselayer1.conv2.weight",
        "features.norm0.weight",
    ]


def test_a_vision_transformers_embeddings_are_resized_to_the_images() -> None:
    state = {"encoder.pos_embedding": torch.randn(1, 50, 8)}
    backbone = TorchvisionClassifier(name="vit_b_32")
    assert backbone.adapt(dict(state), image_size=64)["encoder.pos_embedding"].shape == (1, 5, 8)
    assert torch.equal(backbone.adapt(dict(state), 224)["encoder.pos_embedding"], state["encoder.pos_embedding"])


def test_published_weights_are_taken_from_the_local_cache(no_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network.mkdir(parents=True)
    state = pretrained()
    torch.save(state, no_network / "made.pth")
    digest = hashlib.sha256((no_network / "made.pth").read_bytes()).hexdigest()[:8]
    (no_network / "made.pth").rename(no_network / f"made-{digest}.pth")
    weights = models.get_model_weights(ARCHITECTURE).IMAGENET1K_V1
    monkeypatch.setattr(weights.value, "url", f"https://example.org/made-{digest}.pth", raising=False)
    model = build_model(model_settings("IMAGENET1K_V1"), classes=2, image_size=32)
    assert torch.equal(model.backbone.body.state_dict()["features.0.weight"], state["features.0.weight"])


def test_without_network_the_error_names_the_file_to_place(no_network: Path) -> None:
    with pytest.raises(UserError) as caught:
        build_model(model_settings("DEFAULT"), classes=2, image_size=32)
    assert str(no_network / "squeezenet1_1-b8a52dc0.pth") in caught.value.remedy
    assert "https://" in caught.value.remedy


def test_a_damaged_file_in_the_cache_is_refused(no_network: Path) -> None:
    no_network.mkdir(parents=True)
    (no_network / "squeezenet1_1-b8a52dc0.pth").write_bytes(b"cut short")
    with pytest.raises(UserError, match="is damaged"):
        build_model(model_settings("IMAGENET1K_V1"), classes=2, image_size=32)
