"""The logits of a student that crate `export` wrote, by matrix products on what safetensors reads.

Reads crates/export/tests/oracle/student.safetensors and writes student.json beside it. PyTorch must
take the tensors under their names into a network of its own and say the same.

    python oracles/load_student.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

FOLDER = Path(__file__).parent.parent / "crates/export/tests/oracle"


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.ModuleList([torch.nn.Linear(4, 5)])
        self.output = torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.output(torch.relu(self.hidden[0](x)))


def main():
    tensors = {name: value.astype(np.float64) for name, value in load_file(FOLDER / "student.safetensors").items()}
    inputs = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)
    rows = inputs.astype(np.float64)
    hidden = np.maximum(rows @ tensors["hidden.0.weight"].T + tensors["hidden.0.bias"], 0.0)
    logits = hidden @ tensors["output.weight"].T + tensors["output.bias"]

    network = Mlp().double()
    network.load_state_dict({name: torch.tensor(value) for name, value in tensors.items()})
    with torch.no_grad():
        assert np.allclose(network(torch.tensor(rows)).numpy(), logits, rtol=0, atol=1e-12)

    short = [float(str(value)) for value in inputs.ravel()]
    document = {"inputs": short, "logits": logits.ravel().tolist()}
    (FOLDER / "student.json").write_text(json.dumps(document) + "\n")


main()
