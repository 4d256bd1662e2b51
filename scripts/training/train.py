"""Train the ball detector and the ball reader on rendered tables; resumable."""

import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss

from scripts.training.batches import Batch, batches
from scripts.training.nets import BallDetector, BallReader

EVERY_S = 30.0
"""How often a checkpoint is written and progress is shown."""


@dataclass(frozen=True)
class Job:
    """One network's training."""

    kind: str
    minutes: float
    folder: Path
    batch: int
    rate: float
    seed: int = 0

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept between runs."""
        return self.folder / f"{self.kind}.pt"


def make_net(kind: str) -> nn.Module:
    """Return a fresh network."""
    return BallDetector() if kind == "detector" else BallReader()


def detector_loss(net: nn.Module, batch: Batch) -> Tensor:
    """Return the focal loss of the heat and the L1 loss of the boxes."""
    heat, boxes, counts = (torch.from_numpy(part) for part in batch[1:])
    seen, sizes = net(to_tensor(batch[0]))
    seen = seen.clamp(1e-4, 1 - 1e-4)
    is_middle = heat.eq(1)
    found = torch.log(seen) * (1 - seen) ** 2 * is_middle
    false = torch.log(1 - seen) * seen**2 * (1 - heat) ** 4 * ~is_middle
    balls = counts.sum().clamp(min=1)
    return (
        -(found.sum() + false.sum()) / balls
        + l1_loss(sizes * counts, boxes * counts, reduction="sum") / balls
    )


def reader_loss(net: nn.Module, batch: Batch) -> Tensor:
    """Return the cross entropy of the labels."""
    return cross_entropy(net(to_tensor(batch[0])), torch.from_numpy(batch[1]), label_smoothing=0.05)


def to_tensor(images: np.ndarray) -> Tensor:
    """Return pictures (n, h, w, 3) uint8 as (n, 3, h, w), -1 to 1."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def learning_rate(job: Job, spent_s: float) -> float:
    """Return the rate: a short rise, then half a cosine."""
    part = min(1.0, spent_s / (60 * job.minutes))
    rise = min(1.0, part / 0.03 + 0.05)
    return float(job.rate * rise * (0.5 * (1 + np.cos(np.pi * part)) * 0.98 + 0.02))


class Average:
    """A running mean of the weights: what is kept in the end."""

    def __init__(self, net: nn.Module, decay: float = 0.998) -> None:
        self.net = copy.deepcopy(net).eval()
        self.decay = decay

    def add(self, net: nn.Module, step: int) -> None:
        """Move a little towards `net`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for mine, its in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
                if mine.dtype.is_floating_point:
                    mine.lerp_(its, 1 - decay)
                else:
                    mine.copy_(its)


def train(job: Job) -> nn.Module:
    """Train until `minutes` are spent, over however many runs; return the averaged network."""
    torch.manual_seed(job.seed)
    torch.set_num_threads(1)
    net = make_net(job.kind).to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), job.rate, weight_decay=1e-4)
    spent, step = 0.0, 0
    if job.checkpoint.exists():
        state = torch.load(job.checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        spent, step = state["spent_s"], state["step"]
    if spent >= 60 * job.minutes:
        return average.net
    loss_of = detector_loss if job.kind == "detector" else reader_loss
    source = batches(job.kind, job.batch, job.seed + step + 1)
    began, shown, losses = time.monotonic() - spent, spent, []
    for batch in source:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(job, spent)
        loss = loss_of(net.train(), batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        step += 1
        average.add(net, step)
        losses.append(loss.item())
        spent = time.monotonic() - began
        done = spent >= 60 * job.minutes
        if spent - shown >= EVERY_S or done:
            shown = spent
            print(
                f"{job.kind}: {spent / 60:.1f}/{job.minutes:g} min, step {step}, loss {np.mean(losses):.3f}",
                flush=True,
            )
            losses = []
            state = {
                "net": net.state_dict(),
                "average": average.net.state_dict(),
                "spent_s": spent,
                "step": step,
            }
            torch.save(state | {"optimiser": optimiser.state_dict()}, job.checkpoint)
        if done:
            break
    source.close()
    return average.net
