"""optuna-dashboard on the studies' storage, for the command ``ablation ui --optuna``."""

import importlib.util
import os
import sys
from pathlib import Path

from ablation.errors import UserError
from ablation.tracking.server import require_free, running, until_stopped
from ablation.tuning.storage import OpenedStorage


def serve_dashboard(opened: OpenedStorage, host: str = "127.0.0.1", port: int = 8080) -> None:
    """Start optuna-dashboard, print its address, and wait for Ctrl-C.

    Raises:
        UserError: it is not installed, the port is taken, or it does not start.
    """
    if importlib.util.find_spec("optuna_dashboard") is None:
        raise UserError(
            "optuna-dashboard is not installed", place="--optuna", remedy="pip install 'ablation[dashboard]'"
        )
    require_free(host, port)
    base = f"http://{host}:{port}"
    program = str(Path(sys.executable).with_name("optuna-dashboard"))
    command = [program, opened.url, "--host", host, "--port", str(port)]
    print(f"Starting optuna-dashboard on {base} ...", flush=True)
    with until_stopped(), running(command, f"{base}/dashboard", os.environ) as server:
        print(f"{base}/dashboard\nCtrl-C stops it.", flush=True)
        server.wait()
