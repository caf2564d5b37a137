"""Compares one training by every trainer, in turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ablation.bench.command import Command
from ablation.bench.job import Job
from ablation.bench.measurements import Machine, MedianRange
from ablation.bench.trainers import CROPPED, OURS, PEERS, Contestant, FailedError, Timed, check, peers_of, timed
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe

Notify = Callable[[str], None]
"""Is called with a line of text about each measurement."""


@dataclass(frozen=True)
class Finisher:
    """The measurements of a contestant over all rounds.

    Args:
        training: seconds from the first step to the end of the last evaluation.
        process: seconds from the start of its process to its end.
        images: training images processed in a training.
        images_per_second: at the median of ``training``.
        val_accuracy: after the last epoch, in [0, 1].
        ratio, process_ratio: of ``training`` and ``process`` to those of the fastest peer, by round.
    """

    name: str
    training: MedianRange
    process: MedianRange
    images: int
    images_per_second: float
    val_accuracy: MedianRange
    ratio: MedianRange
    process_ratio: MedianRange


@dataclass(frozen=True)
class Absent:
    """A contestant that is not compared, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class TrainerRecord:
    """The comparison of a single training.

    Args:
        recipe: as ``recipe_text`` says it.
        threads: of each contestant.
        runs: number of rounds.
        fastest: the peer with the smallest median of ``training``.
        finishers: ours first, then the plain loop on our network, then the peers by ``training``.
        loop: ``training`` of ours over that of the plain loop on our network, by round; None if the latter failed.
        absent: contestants that are not installed or failed.
    """

    experiment: str
    row: str
    recipe: str
    threads: int
    runs: int
    fastest: str
    finishers: tuple[Finisher, ...]
    loop: MedianRange | None
    absent: tuple[Absent, ...]
    machine: Machine


def bench_trainer(command: Command, row: str, peers: Sequence[str], runs: int, notify: Notify) -> TrainerRecord:
    """Time a row's first replicate by our core, the plain loop on our network and each installed peer, in turn.

    Args:
        row: ``baseline``, or a rung's name.
        peers: names; empty for all.
        runs: rounds, >= 1.

    Raises:
        UserError: the row or a peer is unknown, not every peer supports the row, none is installed, or our core failed.
    """
    contestants = peers_of(peers)
    with command.planned(replicates=1) as (planned, options):
        (variant,) = planned.chosen([row], "--rung")
        recipe = Recipe.model_validate(planned.variant(variant).recipe)
        check(variant, recipe, PEERS)
        job = job_of(planned, variant, options.store)
        times, absent = _rounds(job, contestants, runs, notify)
    if not _peers(times):
        raise UserError("no peer to compare with", place="--peer", remedy="; ".join(peer.reason for peer in absent))
    return TrainerRecord(
        experiment=planned.name,
        row=variant,
        recipe=recipe_text(recipe),
        threads=job.threads,
        runs=runs,
        fastest=_peers(times)[0].name,
        finishers=finishers_of(times),
        loop=MedianRange.of_ratios(_trainings(times[OURS]), _trainings(times[CROPPED])) if CROPPED in times else None,
        absent=tuple(absent),
        machine=Machine.here(job.task["device"], [contestant.library for contestant in times]),
    )


def job_of(planned: Plan, row: str, store: ContentStore, number: int = 0, split: str = "") -> Job:
    """The training of a variant's ``number``-th replicate, with its whole recipe, and the split to predict after it."""
    task = planned.stages[planned.runs_of(row)[number].train].task
    return Job({**task, "recipe": planned.variant(row).recipe}, str(store.datasets.absolute()), split)


def recipe_text(recipe: Recipe) -> str:
    """``resnet18 at 32 px, batch 64, 3 epochs, fp32, contiguous, adamw, cosine``, and what ours alone follows."""
    train = recipe.train
    alone = {"compile": train.compile, "cuda_graph": train.cuda_graph}
    return (
        f"{recipe.model.backbone.name} at {recipe.data.image_size} px, batch {train.batch_size}, "
        f"{train.epochs} epochs, {train.precision}, {train.memory_format}, {recipe.optimizer.name}, "
        f"{recipe.schedule.name}" + "".join(f", {name} (ours alone)" for name, on in alone.items() if on)
    )


def finishers_of(times: Mapping[Contestant, Sequence[Timed]]) -> tuple[Finisher, ...]:
    """Ours, the plain loop on our network, then the peers from the fastest on; needs ours and a peer."""
    peers = _peers(times)
    order = (*(ours for ours in (OURS, CROPPED) if ours in times), *peers)
    return tuple(_finisher(contestant.name, times[contestant], times[peers[0]]) for contestant in order)


def _finisher(name: str, times: Sequence[Timed], fastest: Sequence[Timed]) -> Finisher:
    training, images = MedianRange.of(_trainings(times)), times[0].answer.images
    processes = [time.seconds for time in times]
    return Finisher(
        name=name,
        training=training,
        process=MedianRange.of(processes),
        images=images,
        images_per_second=images / training.median,
        val_accuracy=MedianRange.of([time.answer.val_accuracy for time in times]),
        ratio=MedianRange.of_ratios(_trainings(times), _trainings(fastest)),
        process_ratio=MedianRange.of_ratios(processes, [time.seconds for time in fastest]),
    )


def _peers(times: Mapping[Contestant, Sequence[Timed]]) -> list[Contestant]:
    """The contestants with torch's plain model, from the fastest on."""
    peers = [contestant for contestant in times if contestant not in (OURS, CROPPED)]
    return sorted(peers, key=lambda peer: MedianRange.of(_trainings(times[peer])).median)


def _trainings(times: Sequence[Timed]) -> list[float]:
    return [time.answer.seconds for time in times]


def _rounds(
    job: Job, peers: Sequence[Contestant], runs: int, notify: Notify
) -> tuple[dict[Contestant, list[Timed]], list[Absent]]:
    """The times of all contestants that finished every round, ours first, and the absent ones.

    Contestants take turns (A B C, A B C, ...), so that changes of the machine's speed affect all alike.
    """
    absent = {peer: Absent(peer.name, peer.missing) for peer in peers if peer.missing}
    present = [contestant for contestant in (OURS, CROPPED, *peers) if contestant not in absent]
    times: dict[Contestant, list[Timed]] = {contestant: [] for contestant in present}
    processors = job.threads if job.task["device"] == "cpu" else None
    for contestant in present * runs:
        if contestant in absent:
            continue
        try:
            times[contestant].append(timed(contestant, job, processors))
        except FailedError as error:
            if contestant == OURS:
                raise UserError(f"our own training failed: {error}", place="ablation bench") from error
            absent[contestant] = Absent(contestant.name, f"failed: {error}")
        else:
            notify(f"{contestant.name}: {times[contestant][-1].answer.seconds:.2f} s")
    return {finisher: times[finisher] for finisher in present if finisher not in absent}, list(absent.values())
