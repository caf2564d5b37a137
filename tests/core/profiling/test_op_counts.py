"""Work counted against published figures and against products done by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import resnet18

from ablation.core.profiling.dry_run import DryRun
from ablation.core.profiling.op_counts import work_of
from ablation.core.task import Task

CPU = torch.device("cpu")
SIZE = 1000
BYTES = 4 * SIZE


def test_the_flops_of_a_published_model_are_those_published() -> None:
    with torch.inference_mode():
        model, image = resnet18().eval(), torch.zeros(1, 3, 224, 224)
        assert work_of(lambda: model(image), CPU).flops / 1e9 == pytest.approx(3.63, abs=0.005)


@settings(max_examples=15)
@given(m=st.integers(1, 9), k=st.integers(1, 9), n=st.integers(1, 9))
def test_a_linear_layer_takes_two_flops_a_weight_and_row_and_twice_that_backward(m: int, k: int, n: int) -> None:
    rows, weight = torch.randn(m, k, requires_grad=True), torch.randn(n, k, requires_grad=True)
    assert work_of(lambda: F.linear(rows, weight), CPU).flops == 2 * m * n * k
    assert work_of(lambda: F.linear(rows, weight).sum().backward(), CPU).flops == 3 * 2 * m * n * k


def test_the_first_layer_does_not_look_for_the_gradient_of_its_images() -> None:
    images, layer = torch.randn(5, 7), nn.Linear(7, 3, bias=False)
    assert work_of(lambda: layer(images).sum().backward(), CPU).flops == 2 * 2 * 5 * 7 * 3


a, b = torch.ones(SIZE), torch.ones(SIZE)
MOVED = {
    "a sum reads two and writes one": (lambda: a + b, 3),
    "a product with itself reads one": (lambda: a * a, 2),
    "in place, the sum is written over the one": (lambda: a.add_(b), 3),
    "a copy does not read what it writes over": (lambda: a.copy_(b), 2),
    "zeros are written": (lambda: torch.zeros(SIZE), 1),
    "filling does not read": (lambda: b.fill_(1.0), 1),
    "an output given is written": (lambda: torch.add(a, b, out=torch.empty(SIZE)), 3),
    "an allocation moves nothing": (lambda: torch.empty(SIZE), 0),
    "a view moves nothing": (lambda: a.view(10, 100).t()[3:].unsqueeze(0).detach(), 0),
    "a transposed copy moves it once": (lambda: a.view(10, 100).t().contiguous(), 2),
    "what is contiguous is not copied": (lambda: a.contiguous(), 0),
    "an expanded one is read once": (lambda: a.expand(3, SIZE) + 1, 4),
    "a part of it is a part": (lambda: a[: SIZE // 2] + 1, 1),
    "one operation over a list reads all of it": (lambda: torch._foreach_add_([a, b], 1.0), 4),
}


@pytest.mark.parametrize("name", MOVED)
def test_the_bytes_of_an_operation(name: str) -> None:
    run, tensors = MOVED[name]
    assert work_of(run, CPU).bytes == tensors * BYTES


def test_a_fused_step_of_sgd_reads_weights_and_gradients_and_writes_weights() -> None:
    weight = nn.Parameter(torch.ones(SIZE))
    weight.grad = torch.ones(SIZE)
    optimizer = torch.optim.SGD([weight], lr=0.1, fused=True)
    assert work_of(optimizer.step, CPU).bytes == pytest.approx(3 * BYTES, rel=0.01)


def test_bytes_are_sorted_by_how_many_an_operation_moves() -> None:
    few, many = torch.ones(1), torch.ones(1000)
    assert work_of(lambda: (few + few, few + 1, many * many, many + many), CPU).moved == {8: 16, 4096: 16000}
    assert work_of(lambda: few.view(1), CPU).bytes == 0


def test_another_devices_tensors_do_not_count() -> None:
    assert work_of(lambda: a + b, torch.device("meta")).bytes == 0


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_work_of_a_training_step_does_not_depend_on_the_steps_before(bench: Bench, precision: str) -> None:
    task = Task.from_json(bench.task({"train": {"precision": precision}}))
    dry_run = DryRun(task, bench.datasets)
    dry_run.run(1)
    first = work_of(lambda: dry_run.run(1), task.device)
    dry_run.run(5)
    assert work_of(lambda: dry_run.run(1), task.device) == first
    assert first.flops > 0
    assert first.bytes > 0
