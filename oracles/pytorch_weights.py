"""Weights that PyTorch saved, and what its networks say with them.

Writes crates/export/tests/oracle/pytorch_*.safetensors, the `state_dict` of networks with the names of
crate `nn` as the `safetensors` package saves it, `num_batches_tracked` included, and their logits in
float64 as pytorch.json.

    python oracles/pytorch_weights.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from named_networks import TabularResnet
from networks import Resnet, VisionTransformer, randomise, round_to_f32, short

FOLDER = Path(__file__).parent.parent / "crates/export/tests/oracle"


def main():
    generator = torch.Generator().manual_seed(3)
    networks = {
        "resnet8": (Resnet([2, 8, 8], 8, 2, 3), 128),
        "vit": (VisionTransformer([2, 8, 8], 4, 8, 1, 2, 12, 3), 128),
        "tabular-resnet": (TabularResnet(7, 1, 6, 2, 3), 7),
    }
    document = {}
    for name, (network, features) in networks.items():
        randomise(network, generator)
        inputs = round_to_f32(torch.randn(4, features, generator=generator))
        with torch.no_grad():
            logits = network.eval()(inputs)
        state = {key: value.float() if value.is_floating_point() else value
                 for key, value in network.state_dict().items()}
        save_file(state, FOLDER / f"pytorch_{name}.safetensors")
        document[name] = {"inputs": [short(value) for value in inputs.flatten()],
                          "logits": logits.flatten().tolist()}
    (FOLDER / "pytorch.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
