"""The contestants: one module each, run as a process of its own with a job file.

Each trains what the job says and prints its answer as JSON. The starting weights, the optimizer, the schedule, the
loss, the images, the order of the examples and the environment are the same for all, so their accuracies are close.
Two things differ: the loop, and the network. Ours leaves out the taps of kernels that only see padding
(``ablation.core.network``); the peers train torch's plain model. ``cropped`` is the plain loop on our
network, so that the two effects can be separated. Each module imports only its own library.
"""
