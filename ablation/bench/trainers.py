"""The trainers that are compared."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from ablation.errors import UserError, nearest


@dataclass(frozen=True)
class Contestant:
    """A trainer that runs as a process of its own.

    Args:
        name: in tables; also the name of its module in ``ablation.bench.peers``.
        library: the distribution that it needs; also the name of the module to import.
    """

    name: str
    library: str

    @property
    def module(self) -> str:
        """Run as ``python -m``."""
        return f"ablation.bench.peers.{self.name}"

    @property
    def missing(self) -> str:
        """How to install its library; empty if it is installed."""
        if importlib.util.find_spec(self.library) is not None:
            return ""
        return f"not installed: pip install {self.library}, or uv sync --group bench"


OURS = Contestant("ours", "torch")
CROPPED = Contestant("cropped", "torch")
"""The plain loop on our network; not a peer, as that network comes with this package."""

PLAIN = Contestant("plain", "torch")
PEERS = (PLAIN, *(Contestant(name, name) for name in ("lightning", "accelerate", "fastai", "skorch")))


def peers_of(names: Sequence[str]) -> tuple[Contestant, ...]:
    """The peers with these names, in the order of ``PEERS``; all of them if no name is given.

    Raises:
        UserError: there is no such peer.
    """
    known = [peer.name for peer in PEERS]
    for name in names:
        if name not in known:
            raise UserError(f"no peer {name!r}", place="--peer", remedy=nearest(name, known))
    return tuple(peer for peer in PEERS if not names or peer.name in names)
