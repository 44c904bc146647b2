"""Metrics of several labels and of numbers, by scikit-learn.

Writes crates/eval/tests/oracle/targets.json. A label is predicted where its logit is at least 0; ties in
the logits are there on purpose. Average precision of a label without positives is left out of the mean,
which scikit-learn would count as 0.

    python oracles/target_metrics.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics

OUTPUT = Path(__file__).parent.parent / "crates/eval/tests/oracle/targets.json"


def of_labels(name, logits, truth):
    said = logits >= 0
    f1 = lambda average, zero: float(
        metrics.f1_score(truth, said, average=average, zero_division=zero)
    )
    positive = truth.any(axis=0)
    precisions = [
        float(metrics.average_precision_score(truth[:, label], logits[:, label])) if positive[label] else None
        for label in range(truth.shape[1])
    ]
    known = [value for value in precisions if value is not None]
    probability = 1 / (1 + np.exp(-logits))
    loss = sum(
        metrics.log_loss(truth[:, label], probability[:, label], labels=[False, True])
        for label in range(truth.shape[1])
    )
    return {
        "name": name,
        "labels": truth.shape[1],
        "logits": logits.ravel().tolist(),
        "truth": truth.ravel().astype(int).tolist(),
        "sample_f1": f1("samples", 1.0),
        "micro_f1": f1("micro", 0.0),
        "macro_f1": f1("macro", 0.0),
        "mean_average_precision": float(np.mean(known)) if known else None,
        "subset_accuracy": float(metrics.accuracy_score(truth, said)),
        "hamming_loss": float(metrics.hamming_loss(truth, said)),
        "cross_entropy": float(loss),
        "average_precision": precisions,
        "f1": metrics.f1_score(truth, said, average=None, zero_division=0.0).tolist(),
    }


def of_numbers(name, scales, scaled, truth):
    said = scaled.astype(np.float64) * scales[:, 1] + scales[:, 0]
    raw = {"multioutput": "raw_values"}
    return {
        "name": name,
        "scales": scales.tolist(),
        "scaled": scaled.ravel().tolist(),
        "truth": truth.ravel().tolist(),
        "rmse": metrics.root_mean_squared_error(truth, said, **raw).tolist(),
        "mae": metrics.mean_absolute_error(truth, said, **raw).tolist(),
        "r2": metrics.r2_score(truth, said, **raw).tolist(),
        "mean_rmse": float(metrics.root_mean_squared_error(truth, said)),
        "mean_mae": float(metrics.mean_absolute_error(truth, said)),
        "mean_r2": float(metrics.r2_score(truth, said)),
    }


def main():
    random = np.random.default_rng(20261129)
    labels, numbers = [], []
    for samples, width in ((1, 2), (6, 3), (40, 5), (200, 12)):
        logits = (random.normal(size=(samples, width)) * 2).astype(np.float32).astype(np.float64)
        truth = random.random((samples, width)) < 1 / (1 + np.exp(1.0 - logits))
        labels.append(of_labels("random", logits, truth))
        labels.append(of_labels("ties", np.round(logits), truth))
        rare = truth.copy()
        rare[:, 0] = False
        labels.append(of_labels("a label that never applies", logits, rare))
        none = (-np.abs(logits) - 0.5).astype(np.float32).astype(np.float64)
        labels.append(of_labels("none predicted", none, truth))
    for samples, outputs in ((2, 1), (30, 1), (30, 3), (200, 2)):
        scales = np.stack([random.normal(size=outputs) * 100, random.uniform(0.5, 50, outputs)], axis=1)
        truth = random.normal(size=(samples, outputs)) * scales[:, 1] + scales[:, 0]
        scaled = (truth - scales[:, 0]) / scales[:, 1] + 0.3 * random.normal(size=truth.shape)
        numbers.append(of_numbers("random", scales, scaled.astype(np.float32), truth))
    OUTPUT.write_text(json.dumps({"labels": labels, "numbers": numbers}) + "\n")
    print(f"{OUTPUT}: {len(labels)} of labels, {len(numbers)} of numbers")


main()
