"""A student with a projector and the last layer of its teacher, in PyTorch and float64, in the form of networks.py.

Writes crates/nn/tests/oracle/reused_head.json. The teacher's layer is frozen, and the student's own has no part in anything, so
that neither has a gradient.

    python oracles/reused_head.py
"""

import json

from named_networks import NormalisedConvolution
from networks import CLASSES, OUTPUT, Resnet, clear_relu, large_case
from torch import nn


class Body(Resnet):
    def forward(self, x):
        x = clear_relu(self, self.stem_norm(self.stem(x.reshape(-1, *self.image))))
        return self.stage3(self.stage2(self.stage1(x)))


class ReusedHead(nn.Module):
    """Chen and others (2022), section 3.2."""

    def __init__(self, body, inputs, outputs, classes):
        super().__init__()
        middle = outputs // 2
        self.body = nn.ModuleList([body])
        self.projector = nn.ModuleList([
            NormalisedConvolution(inputs, middle, 1),
            NormalisedConvolution(middle, middle, 3),
            NormalisedConvolution(middle, outputs, 1),
        ])
        self.output = nn.Linear(outputs, classes)
        self.output.requires_grad_(False)

    def forward(self, x):
        x = self.body[0](x)
        for convolution in self.projector:
            x = clear_relu(convolution, convolution(x))
        return self.output(x.mean(dim=(2, 3)))

    def named_parameters(self, *arguments, **options):
        """Those that learn."""
        for name, value in super().named_parameters(*arguments, **options):
            if value.requires_grad and not name.startswith("body.0.output"):
                yield name, value


def main():
    network = ReusedHead(Body([2, 8, 8], 8, 2, 1), 8, 10, CLASSES)
    found = large_case(network, 128)
    weights = [value for value in network.state_dict(keep_vars=True).values()
               if isinstance(value, nn.Parameter)]
    found["parameters"] = sum(value.numel() for value in weights if value.requires_grad)
    found["weights"] = sum(value.numel() for value in weights)
    (OUTPUT / "reused_head.json").write_text(json.dumps(found) + "\n")
    print("seed", found["seed"], "weights", found["weights"])


if __name__ == "__main__":
    main()
