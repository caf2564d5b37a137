"""The steps that a graph could replay, against a plain loop of torch and against the trainer's own step."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from bench import Bench, same_weights
from torch import Tensor, nn

from ablation.core.streams import drawing
from ablation.core.training.cuda_graph import WARM_UP, Batches, GraphedStep
from ablation.core.training.gradient_norms import GradientNorms
from ablation.core.training.loop import train_epoch
from ablation.core.training.optimizer_step import Stepper
from ablation.core.training.setup import Training
from ablation.core.training.state import TrainState
from ablation.errors import UserError

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
EPOCHS, EXAMPLES, BATCH, CLASSES, CLIP = 3, 70, 16, 5, 0.05
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

OPTIMIZERS: dict[str, Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3, fused=True),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=3e-3, weight_decay=0.1, fused=True),
    "adam": lambda weights: torch.optim.Adam(weights, lr=3e-3, weight_decay=0.1, fused=True),
}
SCHEDULES: dict[str, Callable[[torch.optim.Optimizer], torch.optim.lr_scheduler.LRScheduler]] = {
    "falling": lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step),
    "onecycle": lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=100),
}


class Problem:
    """A network with BatchNorm and dropout, its data, and a training of it in its two halves."""

    def __init__(self, optimizer: str, schedule: str = "falling", device: torch.device = CPU, parts: int = 1) -> None:
        torch.manual_seed(1)
        self.device, self.parts = device, parts
        self.network = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Dropout(0.4), nn.Linear(216, CLASSES)
        ).to(device)
        self.images = torch.randint(256, (EXAMPLES, 3, 8, 8), dtype=torch.uint8).to(device)
        self.labels = torch.randint(CLASSES, (EXAMPLES,)).to(device)
        self.optimizer = OPTIMIZERS[optimizer](self.network.parameters())
        self.schedule = SCHEDULES[schedule](self.optimizer)
        self.norms: list[float] = []

    def backward(self, batches: Batches) -> Tensor:
        size, sums = sum(len(ids) for (ids,) in batches), torch.zeros(2, device=self.device)
        for (ids,) in batches:
            logits = self.network(self.images[ids].float() / 255)
            losses = F.cross_entropy(logits, self.labels[ids], label_smoothing=0.1, reduction="none")
            (losses.sum() / size).backward()
            sums += torch.stack([losses.detach().sum(), (logits.detach().argmax(1) == self.labels[ids]).sum()])
        return sums

    def update(self) -> None:
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()

    def measure(self) -> None:
        gradients = [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        assert len(gradients) == 4 + 2
        self.norms.append(nn.utils.get_total_norm(gradients).item())

    def steps(self, epoch: int) -> list[Batches]:
        order = torch.randperm(EXAMPLES, generator=torch.Generator().manual_seed(epoch)).to(self.device)
        return [[(ids,) for ids in step.chunk(self.parts)] for step in order.split(BATCH)]

    def plainly(self) -> list[tuple[float, float]]:
        """Train by a plain loop of torch; the sums of each epoch."""
        found = []
        for epoch in range(EPOCHS):
            torch.manual_seed(100 + epoch)
            sums = torch.zeros(2, device=self.device)
            for batches in self.steps(epoch):
                self.optimizer.zero_grad()
                sums += self.backward(batches)
                self.measure()
                self.update()
                self.schedule.step()
            found.append(tuple(sums.tolist()))
        return found

    def graphed(self) -> GraphedStep:
        return GraphedStep(self.backward, self.update, self.optimizer, self.device)

    def by_steps(
        self, step: Callable[[Batches, Callable[[], None]], None], graphed: GraphedStep
    ) -> list[tuple[float, float]]:
        """Train by a function of one step; the sums of each epoch."""
        found = []
        for epoch in range(EPOCHS):
            torch.manual_seed(100 + epoch)
            for batches in self.steps(epoch):
                step(batches, self.measure)
                self.schedule.step()
            found.append(graphed.take_sums())
        return found

    def state(self) -> list[Tensor]:
        moments = [each for state in self.optimizer.state.values() for each in state.values() if each is not None]
        return [*self.network.state_dict().values(), *moments]


def assert_same(one: Problem, other: Problem) -> None:
    assert len(one.state()) == len(other.state())
    assert all(map(torch.equal, one.state(), other.state()))
    assert one.norms == other.norms
    assert one.schedule.get_last_lr() == other.schedule.get_last_lr()


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_on_buffers_end_as_a_plain_loop_does(optimizer: str, schedule: str, parts: int) -> None:
    plain, ours = (Problem(optimizer, schedule, parts=parts) for _ in range(2))
    expected = plain.plainly()
    graphed = ours.graphed()
    assert ours.by_steps(graphed, graphed) == expected
    assert_same(ours, plain)


class RecordedOnCpu:
    """Stands for a CUDA graph: its making changes nothing, and it leaves gradients where they were the first time."""

    def __init__(self, problem: Problem, work: Callable[[], None], before: RecordedOnCpu | None) -> None:
        self.work, self.before, self.replays = work, before, 0
        self.weights = list(problem.network.parameters())
        held, drawn = [(each, each.clone()) for each in problem.state()], torch.get_rng_state()
        work()
        for each, value in held:
            each.data.copy_(value)
        torch.set_rng_state(drawn)
        self.gradients = [weight.grad for weight in self.weights]

    def replay(self) -> None:
        self.replays += 1
        self.work()
        if self.before is None:
            for weight, place in zip(self.weights, self.gradients, strict=True):
                place.copy_(weight.grad)
                weight.grad = None

    def pool(self) -> None:
        return None


@pytest.mark.filterwarnings("ignore:This instance was constructed with capturable")
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_that_are_recorded_and_replayed_end_as_a_plain_loop_does(optimizer: str, schedule: str) -> None:
    plain, ours, made = Problem(optimizer, schedule), Problem(optimizer, schedule), list[RecordedOnCpu]()
    expected = plain.plainly()

    def record(work: Callable[[], None], before: RecordedOnCpu | None) -> RecordedOnCpu:
        sums = graphed._sums.clone()
        made.append(RecordedOnCpu(ours, work, before))
        graphed._sums.copy_(sums)
        return made[-1]

    graphed = GraphedStep(ours.backward, ours.update, ours.optimizer, CPU, record)
    assert ours.by_steps(graphed, graphed) == expected
    assert_same(ours, plain)
    assert [each.before for each in made] == [None, made[0]]
    replays = EPOCHS * (EXAMPLES // BATCH) - WARM_UP
    assert made[0].replays == replays
    assert made[1].replays == (replays if schedule == "falling" else 1)  # a momentum that moves is no part of a graph


def epoch_by_steps(training: Training, state: TrainState, graphed: GraphedStep) -> dict[str, float]:
    """What ``train_epoch`` does, by way of the two halves of a step."""
    epoch, steps = len(state.history), training.steps_of(len(state.history))
    norms = GradientNorms(state.model.groups(), len(steps))
    state.model.train()
    with drawing(training.task.streams.number("dropout", epoch), CPU):
        for number, step in enumerate(steps):
            batches = [training.batch(ids, epoch, number, part) for part, ids in enumerate(step)]
            graphed(batches, functools.partial(norms.add, number))
            state.schedule.step()
    loss, right = graphed.take_sums()
    size = len(training.split.train)
    return {"train/loss": loss / size, "train/accuracy": right / size, **norms.means()}


def halves(training: Training, state: TrainState) -> tuple[Callable[[Batches], Tensor], Callable[[], None]]:
    def backward(batches: Batches) -> Tensor:
        size, sums = sum(len(given) for given, _ in batches), torch.zeros(2)
        for given, target in batches:
            logits = state.model(given)
            losses = training.loss(logits, target)
            (losses.sum() / size).backward()
            sums += torch.stack([losses.detach().sum(), (logits.argmax(1) == target.argmax(1)).sum()])
        return sums

    def update() -> None:
        nn.utils.clip_grad_norm_(state.model.parameters(), CLIP)
        state.optimizer.step()

    return backward, update


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_steps_on_buffers_end_as_those_of_the_trainer(bench: Bench, optimizer: str) -> None:
    training = bench.training(
        {
            "optimizer": {"name": optimizer},
            "schedule": {"name": "onecycle"},
            "loss": {"label_smoothing": 0.1},
            "mix": {"name": "mixup"},
            "model": {"head": {"dropout": 0.3}},
            "train": {"epochs": EPOCHS, "clip_norm": CLIP, "accumulate": 2, "batch_size": 6},
        }
    )
    expected, ours = training.fresh(), training.fresh()
    graphed = GraphedStep(*halves(training, ours), ours.optimizer, CPU)
    for _ in range(EPOCHS):
        record, found = (
            train_epoch(training, expected, Stepper(training, expected)),
            epoch_by_steps(training, ours, graphed),
        )
        assert {name: record[name] for name in found} == pytest.approx(found, rel=1e-6)
        assert {name for name in found if "grad" in name} == {name for name in record if "grad" in name}
        for state in (expected, ours):
            state.history.append(record)
    assert same_weights(ours.model.state_dict(), expected.model.state_dict())


def test_the_optimizer_keeps_its_settings_as_numbers() -> None:
    ours = Problem("adamw")
    before = {name: value for name, value in ours.optimizer.param_groups[0].items() if name not in ("params", "lr")}
    graphed = ours.graphed()
    ours.by_steps(graphed, graphed)
    after = ours.optimizer.param_groups[0]
    assert {name: after[name] for name in before} == before
    assert type(after["lr"]) is float


def test_a_step_is_taken_on_buffers_that_the_batches_are_copied_into() -> None:
    ours, places = Problem("sgd"), list[int]()

    def backward(batches: Batches) -> Tensor:
        places.append(batches[0][0].data_ptr())
        return ours.backward(batches)

    graphed = GraphedStep(backward, ours.update, ours.optimizer, CPU)
    kept = [step for epoch in range(EPOCHS) for step in ours.steps(epoch)]
    for step in kept:
        graphed(step, lambda: None)
    given = [step[0][0].data_ptr() for step in kept]
    on_buffers = [place for place, other in zip(places, given, strict=True) if place != other]
    full = sum(len(step[0][0]) == BATCH for step in kept)
    assert len(set(on_buffers)) == 1
    assert len(on_buffers) == full - WARM_UP


def test_an_epoch_of_one_odd_step_only_is_trained_too() -> None:
    plain, ours = Problem("adamw"), Problem("adamw")
    batches: Batches = [(torch.arange(7),)]
    graphed = ours.graphed()
    for number in range(2 * WARM_UP):
        torch.manual_seed(number)
        plain.optimizer.zero_grad()
        plain.backward(batches)
        plain.update()
        torch.manual_seed(number)
        graphed(batches, lambda: None)
    assert all(map(torch.equal, ours.state(), plain.state()))


def test_sums_are_taken_once() -> None:
    ours = Problem("sgd")
    graphed = ours.graphed()
    graphed(ours.steps(0)[0], lambda: None)
    loss, right = graphed.take_sums()
    assert loss > 0
    assert 0 <= right <= BATCH
    assert graphed.take_sums() == (0, 0)


def test_a_frozen_weight_stays_without_a_gradient() -> None:
    ours = Problem("adamw")
    ours.network[0].requires_grad_(False)
    before = ours.network[0].weight.clone()
    graphed = ours.graphed()
    for batches in ours.steps(0):
        graphed(batches, lambda: None)
    assert ours.network[0].weight.grad is None
    assert torch.equal(ours.network[0].weight, before)


def test_an_optimizer_that_is_not_fused_is_refused() -> None:
    weights = [nn.Parameter(torch.zeros(1))]
    with pytest.raises(UserError, match="RMSprop is not built with fused=True"):
        GraphedStep(lambda _: torch.zeros(2), lambda: None, torch.optim.RMSprop(weights), CPU)


@pytest.fixture
def deterministic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


def unrecorded(graphed: GraphedStep) -> Callable[[Batches, Callable[[], None]], None]:
    """The same steps without a graph, with learning rates from the device all the same."""

    def step(batches: Batches, between: Callable[[], None]) -> None:
        for rate, group in zip(graphed._rates, graphed._optimizer.param_groups, strict=True):
            rate.fill_(group["lr"])
        graphed._unrecorded(batches, between)

    return step


@pytest.mark.gpu
@needs_cuda
@pytest.mark.usefixtures("deterministic")
@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_graph_ends_as_the_same_steps_without_one(optimizer: str, schedule: str, parts: int) -> None:
    eager, ours = (Problem(optimizer, schedule, CUDA, parts) for _ in range(2))
    plain, graphed = eager.graphed(), ours.graphed()
    expected = eager.by_steps(unrecorded(plain), plain)
    assert ours.by_steps(graphed, graphed) == expected
    assert_same(ours, eager)


@pytest.mark.gpu
@needs_cuda
def test_a_graph_draws_other_masks_after_reseeding_and_the_same_ones_after_the_same_seed() -> None:
    ours = Problem("sgd", device=CUDA)
    masks = torch.zeros(BATCH, 64, device=CUDA)

    def backward(batches: Batches) -> Tensor:
        masks.copy_(F.dropout(torch.ones_like(masks), 0.5))
        return ours.backward(batches)

    graphed, batches = GraphedStep(backward, ours.update, ours.optimizer, CUDA), ours.steps(0)[0]
    seen = []
    for seed in [1, 1, 1, 1, 1, 2, 1]:  # the first of them warm up
        torch.cuda.manual_seed(seed)
        graphed(batches, lambda: None)
        seen.append(masks.clone())
    torch.cuda.manual_seed(1)
    assert torch.equal(seen[0], F.dropout(torch.ones_like(masks), 0.5))
    assert all(torch.equal(mask, seen[0]) for mask in [*seen[1:5], seen[6]])
    assert not torch.equal(seen[5], seen[0])
    graphed(batches, lambda: None)
    graphed(batches, lambda: None)
    assert not torch.equal(masks, seen[0])


@pytest.mark.gpu
@needs_cuda
def test_a_step_that_waits_for_the_device_is_refused_and_leaves_the_device_usable() -> None:
    ours = Problem("sgd", device=CUDA)

    def backward(batches: Batches) -> Tensor:
        sums = ours.backward(batches)
        sums.tolist()
        return sums

    graphed, batches = GraphedStep(backward, ours.update, ours.optimizer, CUDA), ours.steps(0)[0]
    for _ in range(WARM_UP):
        graphed(batches, lambda: None)
    with pytest.raises(UserError, match="cannot be recorded"):
        graphed(batches, lambda: None)
    assert torch.ones(2, device=CUDA).sum().item() == 2


@pytest.mark.gpu
@needs_cuda
def test_a_graph_is_faster_than_the_same_steps_without_one() -> None:
    deep = nn.Sequential(*(layer for _ in range(20) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))))
    deep = deep.to(CUDA)
    optimizer = torch.optim.AdamW(deep.parameters(), fused=True)
    images = torch.rand(32, 8, 16, 16, device=CUDA)

    def backward(batches: Batches) -> Tensor:
        loss = deep(batches[0][0]).square().mean()
        loss.backward()
        return torch.stack([loss.detach(), loss.detach()])

    graphed = GraphedStep(backward, optimizer.step, optimizer, CUDA)
    eager = unrecorded(graphed)
    for _ in range(WARM_UP + 1):
        graphed([(images,)], lambda: None)
    assert _median_seconds(graphed, images) < 0.7 * _median_seconds(eager, images)


def _median_seconds(step: Callable[[Batches, Callable[[], None]], None], images: Tensor) -> float:
    times = []
    for _ in range(5):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(20):
            step([(images,)], functools.partial(int))
        torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
