"""Benchmarks as commands: one training against other trainers, a ladder against scripts, and what a ladder adds.

Every contestant is a process of its own that reads the same job; see ``ablation.bench.peers``.
"""
