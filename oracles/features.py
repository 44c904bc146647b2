"""Taps of student and teacher for the oracles of the methods that compare them, in float64.

The numbers come from a small generator that the Rust tests repeat.
"""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d

MASK = (1 << 64) - 1


class Generator:
    """Knuth's linear congruential generator; the upper 16 bits of each state are a number."""

    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 48) / 65536.0

    def tensor(self, shape, make):
        values = [make(self.unit()) for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


MAKE = {
    "usual": lambda unit: 4.0 * unit - 2.0,
    "relu": lambda unit: max(0.0, 3.0 * unit - 1.5),
    "extreme": lambda unit: 20000.0 * unit - 10000.0,
    "ties": lambda unit: math.floor(3.0 * unit) - 1.0,
}


def taps(kind, batch, student, teacher, seed):
    """Taps of both sides. With ReLU the first sample is 0 throughout; ties have the last sample twice."""
    generator = Generator(seed)
    make = MAKE.get(kind, MAKE["usual"])
    made = [[generator.tensor([batch, *shape], make) for shape in side] for side in (student, teacher)]
    if kind == "same":
        made[1] = [tap.clone() for tap in made[0]]
    for tap in made[0] + made[1]:
        if kind == "relu":
            tap[0] = 0.0
        if kind == "ties" and batch > 1:
            tap[0] = tap[-1]
    return made


def as_map(tap):
    """`[batch, channels, height, width]`: a vector is one place, a sequence a row of places."""
    if tap.dim() == 2:
        return tap[:, :, None, None]
    if tap.dim() == 3:
        return tap.transpose(1, 2)[:, :, None, :]
    return tap


def one_size(student, teacher):
    sides = [min(student.shape[axis], teacher.shape[axis]) for axis in (2, 3)]
    return adaptive_avg_pool2d(student, sides), adaptive_avg_pool2d(teacher, sides)


def unit(rows):
    squares = (rows**2).sum(dim=-1, keepdim=True)
    alive = squares > 0
    return torch.where(alive, rows / torch.where(alive, squares, 1.0).sqrt(), 0.0)


def flat(tap):
    return as_map(tap).flatten(1)
