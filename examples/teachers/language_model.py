"""A language model as a teacher: log-probabilities of classes from the top-k of its next token.

    python language_model.py TABLE TEXT ID OUTPUT CLASS [CLASS ...]

Asks a server that speaks the completions protocol (`POST $LM_SERVER/v1/completions` with `logprobs`) about each
row, and reads the log-probabilities of the first token. A class is worth the sum over those of the top-k tokens that
begin its name; a token that begins several is divided between them. Classes that none of the k tokens begins share what
the k leave over, each at most as much as the least of the k. Then the classes are scaled to a sum of 1.
"""

import csv
import json
import math
import os
import sys
import urllib.request

TOP = 20


def ask(text, classes):
    """The top-k tokens after the prompt, with their log-probabilities."""
    prompt = f"{text}\n\nOne of {', '.join(classes)}. The answer is:"
    body = {"model": os.environ.get("LM_MODEL", ""), "prompt": prompt, "max_tokens": 1}
    body |= {"temperature": 0, "logprobs": TOP}
    request = urllib.request.Request(
        os.environ["LM_SERVER"] + "/v1/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["choices"][0]["logprobs"]["top_logprobs"][0]


def log_probabilities(tokens, classes):
    """For each class the logarithm of its share."""
    begins = {token: token.strip() for token in tokens if token.strip()}
    mass = dict.fromkeys(classes, 0.0)
    for token, start in begins.items():
        of = [name for name in classes if name.lower().startswith(start.lower())]
        for name in of:  # a token that begins several names is shared between them
            mass[name] += math.exp(tokens[token]) / len(of)
    left = max(1.0 - sum(math.exp(value) for value in tokens.values()), 0.0)
    least = math.exp(min(tokens.values()))
    absent = [name for name in classes if mass[name] == 0.0]
    for name in absent:
        mass[name] = max(min(left / len(absent), least), 1e-9)
    total = sum(mass.values())
    return [math.log(mass[name] / total) for name in classes]


def main():
    path, text, name, output, *classes = sys.argv[1:]
    with open(path, newline="") as table, open(output, "w", newline="") as written:
        writer = csv.writer(written)
        writer.writerow([name, *classes])
        for row in csv.DictReader(table):
            values = log_probabilities(ask(row[text], classes), classes)
            writer.writerow([row[name], *(f"{value:.6f}" for value in values)])


main()
