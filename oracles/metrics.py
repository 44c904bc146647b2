"""Float64 oracle of the `eval` crate.

Writes crates/eval/tests/oracle/*.json: inputs, and what NumPy, SciPy and scikit-learn make of
them. The formulas are written down here from their papers, apart from the Rust code.
"""

import json
import math
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import entropy
from scipy.stats import t as student_t
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

TARGET = Path(__file__).resolve().parent.parent / "crates" / "eval" / "tests" / "oracle"
REPLICATES = 200_000


def expected_calibration_error(confidence, right, bins=15):
    """Guo et al. (2017), equation 3, and the bins behind it as (count, confidence, accuracy)."""
    error, table = 0.0, []
    for index in range(bins):
        inside = (confidence > index / bins) & (confidence <= (index + 1) / bins)
        count = int(inside.sum())
        if count == 0:
            table.append([0, None, None])
            continue
        mean_confidence, accuracy = confidence[inside].mean(), right[inside].mean()
        error += count / len(right) * abs(accuracy - mean_confidence)
        table.append([count, mean_confidence, accuracy])
    return error, table


def metrics_case(name, logits, labels):
    logits = np.asarray(logits, dtype=np.float32)
    labels = np.asarray(labels)
    samples, classes = logits.shape
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    probabilities = np.exp(log_probabilities)
    top = logits.argmax(axis=1)
    negative_log_likelihood = -log_probabilities[np.arange(samples), labels].mean()
    if np.abs(logits).max() < 20:  # log_loss clips smaller probabilities
        independent = log_loss(labels, probabilities, labels=list(range(classes)))
        assert math.isclose(independent, negative_log_likelihood, rel_tol=1e-13)
    one_hot = np.eye(classes)[labels]
    confusion = confusion_matrix(labels, top, labels=list(range(classes)))
    error, table = expected_calibration_error(probabilities.max(axis=1), top == labels)
    per_class = [float(row[k] / row.sum()) if row.sum() else None for k, row in enumerate(confusion)]
    return {
        "name": name,
        "classes": classes,
        "logits": [float(value) for value in logits.ravel().astype(np.float64).round(6)],
        "labels": labels.tolist(),
        "accuracy": float(accuracy_score(labels, top)),
        "nll": float(negative_log_likelihood),
        "brier": float(((probabilities - one_hot) ** 2).sum(axis=1).mean()),
        "ece": float(error),
        "confusion": confusion.tolist(),
        "reliability": table,
        "per_class_accuracy": per_class,
    }


def metrics_cases():
    random = np.random.default_rng(20261)
    for classes in (2, 10):
        for samples in (1, 7, 1000):
            logits = random.normal(scale=2.0, size=(samples, classes)).round(3)
            labels = random.integers(classes, size=samples)
            # Half of the labels follow the logits, so that accuracy is not chance.
            labels = np.where(random.random(samples) < 0.5, logits.argmax(axis=1), labels)
            yield metrics_case(f"normal {samples} x {classes}", logits, labels)
    for classes in (2, 10):
        logits = random.uniform(-1e4, 1e4, size=(40, classes)).round(0)
        yield metrics_case(f"extreme 40 x {classes}", logits, random.integers(classes, size=40))
        logits = random.integers(-1, 2, size=(60, classes))
        yield metrics_case(f"ties 60 x {classes}", logits, random.integers(classes, size=60))
    yield metrics_case("one class missing", [[1, 0, 2], [0, 3, 1]], [0, 1])


def agreement_case():
    random = np.random.default_rng(20262)
    left = random.integers(-3, 4, size=(200, 4))
    right = np.where(random.random((200, 1)) < 0.5, left, random.integers(-3, 4, size=(200, 4)))
    share = accuracy_score(left.argmax(axis=1), right.argmax(axis=1))
    # scipy.stats.entropy of two distributions is the divergence of the second from the first.
    divergence = entropy(softmax(left, axis=1), softmax(right, axis=1), axis=1).mean()
    return {"classes": 4, "left": left.ravel().tolist(), "right": right.ravel().tolist(), "agreement": share,
            "divergence": float(divergence)}


def expansion(count):
    return math.sqrt(count / (count - 1)) * student_t.ppf(0.975, count - 1) / 1.959963984540054


def paired_case(name, student, baseline, random):
    """The scheme of crates/eval/src/paired.rs, by multinomial weights over the whole table."""
    difference = np.asarray(student, dtype=np.float64) - np.asarray(baseline, dtype=np.float64)
    seeds, samples = difference.shape
    mean = difference.mean()
    sample_effect = difference.mean(axis=0) - mean
    factor = expansion(samples)
    replicates = np.full(REPLICATES, mean)
    if seeds > 1:
        seed_effect = difference.mean(axis=1) - mean
        noise = difference - mean - seed_effect[:, None] - sample_effect
        noise_mean_square = (noise**2).sum() / ((seeds - 1) * (samples - 1))
        sample_mean_square = seeds * (sample_effect**2).sum() / (samples - 1)
        # Two-way analysis of variance without replication: E(MS_sample) = s_e^2 + seeds s_b^2.
        factor *= math.sqrt(max(0.0, (sample_mean_square - noise_mean_square) / sample_mean_square))
        weights = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=REPLICATES) / seeds
        replicates += expansion(seeds) * weights @ seed_effect
    for start in range(0, REPLICATES, 10_000):
        weights = random.multinomial(samples, np.full(samples, 1 / samples), size=10_000) / samples
        replicates[start : start + 10_000] += factor * weights @ sample_effect
    # 10,000 draws put a 2.5 % quantile at 2.5 % +- 0.156 %: four of these errors to either side.
    low = np.percentile(replicates, [1.88, 3.12]).tolist()
    high = np.percentile(replicates, [96.88, 98.12]).tolist()
    return {
        "name": name,
        "student": np.asarray(student).tolist(),
        "baseline": np.asarray(baseline).tolist(),
        "mean": float(mean),
        "per_seed": difference.mean(axis=1).tolist(),
        "low": low,
        "high": high,
    }


def paired_cases():
    random = np.random.default_rng(20263)
    for seeds, samples, gain in ((5, 300, 0.04), (3, 120, 0.0), (2, 80, 0.1), (1, 200, 0.05)):
        difficulty = random.uniform(0.5, 1.0, size=samples)
        baseline = (random.random((seeds, samples)) < difficulty).astype(int)
        student = (random.random((seeds, samples)) < difficulty + gain).astype(int)
        yield paired_case(f"correctness {seeds} x {samples}", student, baseline, random)
    shift = random.normal(size=(5, 1)) + random.normal(size=100) * 3
    baseline = random.normal(size=(5, 100)).round(3)
    yield paired_case("crossed effects 5 x 100", (baseline + shift).round(3), baseline, random)
    # A sample that every seed wins, the others noise: the shares of the layout differ most here.
    baseline = random.integers(2, size=(8, 50))
    yield paired_case("pure noise 8 x 50", random.integers(2, size=(8, 50)), baseline, random)


def write(name, content):
    (TARGET / name).write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def temperature_cases():
    """Guo et al. (2017), section 4.2: the temperature of the smallest NLL, by SciPy."""
    random = np.random.default_rng(20265)
    for classes, scale in ((2, 1.0), (10, 4.0), (10, 0.3), (100, 2.0)):
        logits = random.normal(size=(200, classes))
        labels = np.array([random.choice(classes, p=softmax(row)) for row in logits])
        logits = (logits * scale).astype(np.float32).astype(np.float64).round(6)
        labelled = np.arange(len(labels)), labels
        def nll(temperature, logits=logits, labelled=labelled):
            return -log_softmax(logits / temperature, axis=1)[labelled].mean()
        found = minimize_scalar(nll, bounds=(0.05, 20.0), method="bounded", options={"xatol": 1e-10})
        softened = log_softmax(logits / 3.0, axis=1)
        probabilities = np.exp(softened)
        yield {
            "classes": classes, "logits": logits.ravel().tolist(), "labels": labels.tolist(),
            "temperature": float(found.x), "nll": float(found.fun),
            "confidence_at_3": float(probabilities.max(axis=1).mean()),
            "entropy_at_3": float(entropy(probabilities, axis=1).mean()),
        }  # fmt: skip


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    write("metrics.json", list(metrics_cases()))
    write("agreement.json", agreement_case())
    freedoms = [*range(1, 41), 60, 99, 120, 1000, 1873, 100_000]
    write("student_t.json", [[freedom, float(student_t.ppf(0.975, freedom))] for freedom in freedoms])
    write("temperature.json", list(temperature_cases()))
    write("paired.json", list(paired_cases()))
    milliseconds = np.random.default_rng(20264).gamma(4.0, 0.2, size=57).round(6)
    p50, p90 = np.percentile(milliseconds * 1e3, [50, 90])
    values = [0.971, 0.955, 0.9634, 0.96, 0.9588]
    summary = {"milliseconds": milliseconds.tolist(), "p50": float(p50), "p90": float(p90),
               "values": values, "mean": float(np.mean(values)), "deviation": float(np.std(values, ddof=1))}
    write("summary.json", summary)


if __name__ == "__main__":
    main()
