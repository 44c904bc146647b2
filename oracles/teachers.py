"""Weighted means of teachers, in float64: of probabilities and of logits, with fixed weights and by confidence.

Writes crates/teacher/tests/oracle/ensembles.json: logits of three members, rounded to f32, their weights, and the
log-probabilities of the ensemble. A label of -1 means that the sample has none.
"""

import json
import pathlib

import numpy
from scipy.special import log_softmax, logsumexp, softmax

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

# Zhang, Chen and Wang (2022), equations 2 and 3; the entropy where there is no label.
labels = [3, -1, 0, 9, 5, -1]
doubts = numpy.array(
    [
        [
            -said[row, label] if label >= 0 else -(numpy.exp(said[row]) * said[row]).sum()
            for row, label in enumerate(labels)
        ]
        for said in log_probabilities
    ]
)
confidence = (1 - softmax(doubts, axis=0)) / (len(members) - 1)
assert numpy.allclose(confidence.sum(axis=0), 1)
confident = confidence * numpy.array(WEIGHTS)[:, None]
confident = (confident / confident.sum(axis=0))[:, :, None]
confident_mixture = numpy.log((confident * numpy.exp(numpy.stack(log_probabilities))).sum(axis=0))
confident_geometric = log_softmax(
    (confident * numpy.stack(members).astype(numpy.float64)).sum(axis=0), axis=1
)

OUT.mkdir(parents=True, exist_ok=True)
content = {
    "weights": WEIGHTS,
    "members": [member.astype(float).ravel().tolist() for member in members],
    "probabilities": mixture.ravel().tolist(),
    "logits": geometric.ravel().tolist(),
    "labels": labels,
    "confident probabilities": confident_mixture.ravel().tolist(),
    "confident logits": confident_geometric.ravel().tolist(),
}
(OUT / "ensembles.json").write_text(json.dumps(content) + "\n")
