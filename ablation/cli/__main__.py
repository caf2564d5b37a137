"""``python -m ablation.cli``: the console command."""

from ablation.cli import main

main()
