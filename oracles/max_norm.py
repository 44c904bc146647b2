"""Gradient descent with a limit on the norm of each unit's incoming weights, in float64.

Writes crates/train/tests/oracle/max_norm.json. Needs nothing but Python:

    python3 oracles/max_norm.py
"""

import json
import math
from pathlib import Path

OUTPUT = Path(__file__).parent.parent / "crates/train/tests/oracle/max_norm.json"
RATE, LARGEST, STEPS = 0.5, 1.25, 3
# Multiples of a power of two, which f32 holds exactly.
START = [0.5, -1.0, 0.25, 0.75, 1.5, -0.125, -2.0, 0.0625, 0.375, 1.0, -0.5, 0.25]
GRADIENTS = [
    [0.25, -0.5, 1.0, -0.75, 0.125, 0.5, 0.25, -1.5, 0.0, 0.375, 0.5, -0.25],
    [-1.0, 0.5, 0.125, 0.25, -0.5, 2.0, 0.75, 0.5, -0.25, 0.0, 1.0, 0.125],
    [0.5, 0.25, -0.125, 0.0, 0.75, -0.25, 1.0, -0.5, 0.25, -1.0, 0.0, 0.5],
]


def constrained(weights, units):
    """`units` holds the places of the incoming weights of each unit."""
    weights = list(weights)
    for places in units:
        norm = math.sqrt(math.fsum(weights[place] ** 2 for place in places))
        if norm > LARGEST:
            for place in places:
                weights[place] *= LARGEST / norm
    return weights


def trained(units):
    weights = START
    for gradient in GRADIENTS:
        moved = [weight - RATE * slope for weight, slope in zip(weights, gradient)]
        weights = constrained(moved, units)
    return weights


# As [4, 3], inputs by units, and as [2, 3, 1, 2], units first.
columns = [range(unit, 12, 3) for unit in range(3)]
rows = [range(6 * unit, 6 * unit + 6) for unit in range(2)]
document = {
    "rate": RATE,
    "largest": LARGEST,
    "start": START,
    "gradients": GRADIENTS,
    "columns": trained(columns),
    "rows": trained(rows),
}
OUTPUT.write_text(json.dumps(document, indent=1) + "\n")
