"""Weighted means of teachers, in float64: of probabilities and of logits.

Writes crates/teacher/tests/oracle/ensembles.json: logits of three members, rounded to f32, their weights, and the
log-probabilities of the ensemble.
"""

import json
import pathlib

import numpy
from scipy.special import log_softmax, logsumexp

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/teacher/tests/oracle"
ROWS, CLASSES = 6, 10
WEIGHTS = [1.0, 0.25, 3.0]

generator = numpy.random.default_rng(20261128)
scales = [1.0, 8.0, 60.0]  # the last one is sure of itself
members = [
    (scale * generator.standard_normal((ROWS, CLASSES))).astype(numpy.float32) for scale in scales
]
weights = numpy.array(WEIGHTS) / sum(WEIGHTS)
log_probabilities = [log_softmax(member.astype(numpy.float64), axis=1) for member in members]
mixture = logsumexp(
    numpy.stack(log_probabilities), axis=0, b=weights[:, None, None] * numpy.ones((3, ROWS, CLASSES))
)
weighted = zip(weights, members)
geometric = log_softmax(sum(w * m.astype(numpy.float64) for w, m in weighted), axis=1)

OUT.mkdir(parents=True, exist_ok=True)
content = {
    "weights": WEIGHTS,
    "members": [member.astype(float).ravel().tolist() for member in members],
    "probabilities": mixture.ravel().tolist(),
    "logits": geometric.ravel().tolist(),
}
(OUT / "ensembles.json").write_text(json.dumps(content) + "\n")
