"""Weights with the names that PyTorch users give them, and what their network says.

Writes crates/export/tests/oracle/foreign.safetensors: a residual network of depth 8 with the names of torchvision, behind a
`module.` as DataParallel leaves it, in three precisions, with a head that no network here has; and foreign.json, its
logits in float64 for images that fall into all classes.

    python oracles/foreign_weights.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).parent.parent / "crates/export/tests/oracle"
IMAGE = (2, 4, 4)
CLASSES = 3
ROWS = 60


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        inner = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(inner + (x if self.downsample is None else self.downsample(x)))


class Resnet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(IMAGE[0], width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = nn.Sequential(Block(width, width, 1))
        self.layer2 = nn.Sequential(Block(width, 2 * width, 2))
        self.layer3 = nn.Sequential(Block(2 * width, 4 * width, 2))
        self.fc = nn.Linear(4 * width, CLASSES)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3)))


def precision(name):
    """Of a tensor in the file."""
    if name.startswith("layer3"):
        return torch.float16
    return torch.bfloat16 if name.startswith("fc") else torch.float32


def main():
    torch.manual_seed(20261128)
    network = Resnet(2).eval()
    images = torch.randn(ROWS, *IMAGE).mul(1e4).round().div(1e4)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.3)
                module.running_var.uniform_(0.5, 2.0)
                module.weight.uniform_(0.5, 2.0)
                module.bias.normal_(std=0.3)
        # Every class gets its share of the images.
        network.fc.weight.div_(network(images).std(dim=0)[:, None]).mul_(2)
        network.fc.bias.zero_().sub_(network(images).mean(dim=0))
    state = {name: value.to(precision(name)) if value.is_floating_point() else value
             for name, value in network.state_dict().items()}
    network.double().load_state_dict({name: value.double() if value.is_floating_point() else value
                                      for name, value in state.items()})
    with torch.no_grad():
        logits = network(images.double())
    counts = torch.bincount(logits.argmax(dim=1), minlength=CLASSES).tolist()
    assert min(counts) >= 8, counts
    file = {f"module.{name}": value for name, value in state.items()}
    file["module.auxiliary.weight"] = torch.ones(2, 2)
    save_file(file, FOLDER / "foreign.safetensors")
    document = {"inputs": [round(value, 4) for value in images.flatten().tolist()],
                "logits": logits.flatten().tolist()}
    (FOLDER / "foreign.json").write_text(json.dumps(document) + "\n")
    print(counts, (FOLDER / "foreign.safetensors").stat().st_size)


if __name__ == "__main__":
    main()
