"""One training by every trainer, in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ablation.bench.checks import check_single
from ablation.bench.figures import Spread
from ablation.bench.job import Job
from ablation.bench.machine import Machine
from ablation.bench.processes import FailedError, Timed, in_turn, timed
from ablation.bench.trainers import CROPPED, OURS, Contestant
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe

Told = Callable[[str], None]
"""Called with what happens, for people."""


@dataclass(frozen=True)
class Finisher:
    """What a contestant came to over all rounds.

    Args:
        training: seconds from the first step to the end of the last evaluation.
        process: seconds from the start of its process to its end.
        images: training images processed in a training.
        images_per_second: of ``training``'s median.
        val_accuracy: after the last epoch, the same in every round or nearly so, in [0, 1].
        ratio: of ``training`` to that of the fastest peer, round by round.
        process_ratio: the same of ``process``, to the same peer.
    """

    name: str
    training: Spread
    process: Spread
    images: int
    images_per_second: float
    val_accuracy: Spread
    ratio: Spread
    process_ratio: Spread


@dataclass(frozen=True)
class Absent:
    """A contestant that is not in the table, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class TrainerRecord:
    """A single training, compared.

    Args:
        experiment, row: what was trained.
        recipe: model, image size, batch, epochs, precision, as words.
        threads: of each contestant.
        fastest: the peer with the smallest median of ``training``.
        finishers: ours first, then the plain loop on our network, then the peers by ``training``.
        loop: ``training`` of ours over that of the plain loop on our network, round by round: what the loop alone does.
            None where that one failed.
    """

    experiment: str
    row: str
    recipe: str
    threads: int
    runs: int
    fastest: str
    finishers: tuple[Finisher, ...]
    loop: Spread | None
    absent: tuple[Absent, ...]
    machine: Machine


def compare_trainers(
    planned: Plan, row: str, store: ContentStore, peers: Sequence[Contestant], runs: int, told: Told
) -> TrainerRecord:
    """Train a row of a plan by our core, the plain loop on our network and each installed peer, ``runs`` times in turn.

    Raises:
        UserError: the row is beyond some peer, no peer is there, or our own core failed.
    """
    job, recipe = job_of(planned, row, store), Recipe.model_validate(planned.variant(row).recipe)
    check_single(recipe, row)
    times, absent = _rounds(job, peers, runs, told)
    if not _peers(times):
        raise UserError("no peer to compare with", place="--peer", remedy="; ".join(each.reason for each in absent))
    libraries = [contestant.library for contestant in times]
    return TrainerRecord(
        experiment=planned.name,
        row=row,
        recipe=in_words(recipe),
        threads=job.threads,
        runs=runs,
        fastest=_peers(times)[0].name,
        finishers=finishers_of(times),
        loop=Spread.of_ratios(_trainings(times[OURS]), _trainings(times[CROPPED])) if CROPPED in times else None,
        absent=tuple(absent),
        machine=Machine.here(job.task["device"], libraries),
    )


def job_of(planned: Plan, row: str, store: ContentStore, number: int = 0, split: str = "") -> Job:
    """The training of a variant, with the whole of its recipe.

    Args:
        number: of the replicate, among the variant's.
        split: to predict after it; empty for none.
    """
    task = planned.stages[planned.runs_of(row)[number].train].task
    return Job({**task, "recipe": planned.variant(row).recipe}, str(store.datasets.absolute()), split)


def in_words(recipe: Recipe) -> str:
    """``resnet18 at 32 px, batch 64, 3 epochs, fp32, contiguous, adamw, cosine``; what ours alone does, too."""
    train = recipe.train
    alone = {"compile": train.compile, "cuda_graph": train.cuda_graph}
    return (
        f"{recipe.model.backbone.name} at {recipe.data.image_size} px, batch {train.batch_size}, "
        f"{train.epochs} epochs, {train.precision}, {train.memory_format}, {recipe.optimizer.name}, "
        f"{recipe.schedule.name}" + "".join(f", {name} (ours alone)" for name, on in alone.items() if on)
    )


def finishers_of(times: dict[Contestant, list[Timed]]) -> tuple[Finisher, ...]:
    """Ours, the plain loop on our network, then the peers from the fastest on; ours and a peer are there."""
    peers = _peers(times)
    fastest = peers[0]
    by_training = {each: _trainings(found) for each, found in times.items()}
    by_process = {each: [one.seconds for one in times[each]] for each in times}
    found = []
    for each in (*(each for each in (OURS, CROPPED) if each in times), *peers):
        training, images = Spread.of(by_training[each]), times[each][0].answer.images
        found.append(
            Finisher(
                name=each.name,
                training=training,
                process=Spread.of(by_process[each]),
                images=images,
                images_per_second=images / training.median,
                val_accuracy=Spread.of([one.answer.val_accuracy for one in times[each]]),
                ratio=Spread.of_ratios(by_training[each], by_training[fastest]),
                process_ratio=Spread.of_ratios(by_process[each], by_process[fastest]),
            )
        )
    return tuple(found)


def _peers(times: Mapping[Contestant, Sequence[Timed]]) -> list[Contestant]:
    """Those who have a network of their own, from the fastest on."""
    others = [each for each in times if each not in (OURS, CROPPED)]
    return sorted(others, key=lambda each: Spread.of(_trainings(times[each])).median)


def _trainings(found: Sequence[Timed]) -> list[float]:
    return [each.answer.seconds for each in found]


def _rounds(
    job: Job, peers: Sequence[Contestant], runs: int, told: Told
) -> tuple[dict[Contestant, list[Timed]], list[Absent]]:
    """The times of all that finished every round, ours first, and who did not take part."""
    absent = {peer: Absent(peer.name, peer.missing) for peer in peers if peer.missing}
    times: dict[Contestant, list[Timed]] = {each: [] for each in (OURS, CROPPED, *peers) if each not in absent}
    bound = job.threads if job.task["device"] == "cpu" else None
    for each in in_turn(tuple(times), runs):
        if each in absent:
            continue
        try:
            times[each].append(timed(each, job, bound))
        except FailedError as error:
            if each == OURS:
                raise UserError(f"our own training failed: {error}", place="ablation bench") from error
            absent[each] = Absent(each.name, f"failed: {error}")
        else:
            told(f"{each.name}: {times[each][-1].answer.seconds:.2f} s")
    return {each: found for each, found in times.items() if each not in absent}, list(absent.values())
