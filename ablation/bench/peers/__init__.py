"""The contestants: one module each, run as ``python -m ablation.bench.peers.NAME JOB.json``.

Each trains what the job says and prints its answer as JSON. The model, its starting weights, the optimizer, the
schedule, the loss, the images and the order of the examples are the same for all, so their accuracies are near each
other; what differs is the loop. A library that is compared with is imported in its own module alone.
"""
