"""The architectures of crate `nn` in PyTorch, float64: logits, gradients, running statistics, costs.

Writes crates/nn/tests/oracle/networks.json. Weights and inputs are rounded to f32 first, all else is
computed in float64. Names and layout of the weights are those of crate `nn`. A seed is taken whose
activations all stay clear of the kinks of ReLU and of ties between pooled values.

    python oracles/networks.py
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/nn/tests/oracle/networks.json"
BATCH = 5
CLASSES = 3
MARGIN = 2e-5


class Mlp(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        sizes = [inputs, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.output = nn.Linear(sizes[-1], classes)

    def forward(self, x):
        for layer in self.hidden:
            x = clear_relu(self, layer(x))
        return self.output(x)


class Stage(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-5, momentum=0.1)

    def forward(self, x):
        x = clear_relu(self, self.norm(self.convolution(x)))
        four = functional.unfold(x.flatten(0, 1).unsqueeze(1), 2, stride=2)
        top = four.topk(2, dim=1).values
        gap = (top[:, 0] - top[:, 1])[top[:, 0] > 0]
        self.margin = min(self.margin, gap.min().item())
        return functional.max_pool2d(x, 2)


class Cnn(nn.Module):
    def __init__(self, image, channels, classes):
        super().__init__()
        self.image = image
        sizes = [image[0], *channels]
        self.stages = nn.ModuleList(Stage(a, b) for a, b in zip(sizes, sizes[1:]))
        left = sizes[-1] * (image[1] >> len(channels)) * (image[2] >> len(channels))
        self.output = nn.Linear(left, classes)

    def forward(self, x):
        x = x.reshape(-1, *self.image)
        for stage in self.stages:
            x = stage(x)
        return self.output(x.flatten(1))


class Shortcut(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.convolution(x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convolution1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.convolution2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        same = inputs == outputs and stride == 1
        self.shortcut = None if same else Shortcut(inputs, outputs, stride)

    def forward(self, x):
        inner = clear_relu(self, self.norm1(self.convolution1(x)))
        inner = self.norm2(self.convolution2(inner))
        around = x if self.shortcut is None else self.shortcut(x)
        return clear_relu(self, inner + around)


class Resnet(nn.Module):
    def __init__(self, image, depth, width, classes):
        super().__init__()
        self.image = image
        blocks = (depth - 2) // 6
        self.stem = nn.Conv2d(image[0], width, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)

        def stage(inputs, outputs, stride):
            rest = [Block(outputs, outputs, 1) for _ in range(blocks - 1)]
            return nn.Sequential(Block(inputs, outputs, stride), *rest)

        self.stage1 = stage(width, width, 1)
        self.stage2 = stage(width, 2 * width, 2)
        self.stage3 = stage(2 * width, 4 * width, 2)
        self.output = nn.Linear(4 * width, classes)

    def forward(self, x):
        x = clear_relu(self, self.stem_norm(self.stem(x.reshape(-1, *self.image))))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.output(x.mean(dim=(2, 3)))


def clear_relu(module, x):
    """ReLU that remembers how near to its kink it came."""
    module.margin = min(getattr(module, "margin", 1.0), x.abs().min().item())
    return functional.relu(x)


def margin(network):
    return min(getattr(module, "margin", 1.0) for module in network.modules())


def path(name):
    return name.replace("running_var", "running_variance")


def short(value):
    """The shortest decimal that f32 reads back exactly."""
    return float(str(value.to(torch.float32).numpy()))


def exact(tensor):
    tensor = tensor.detach().t() if tensor.dim() == 2 else tensor.detach()
    return {"shape": list(tensor.shape), "values": [short(value) for value in tensor.flatten()]}


def digits(tensor):
    tensor = tensor.detach().t() if tensor.dim() == 2 else tensor.detach()
    return [float(f"{value:.8e}") for value in tensor.flatten().tolist()]


def round_to_f32(tensor):
    return tensor.to(torch.float32).to(torch.float64)


def randomise(network, generator):
    """Weights that keep activations near 1, and statistics unlike those of the data."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if not value.is_floating_point():
                continue
            noise = torch.randn(value.shape, generator=generator)
            if name.endswith("running_var"):
                drawn = 0.5 + noise.abs()
            elif value.dim() == 1 and name.endswith("weight"):
                drawn = 1.0 + 0.3 * noise
            elif value.dim() == 1:
                drawn = 0.3 * noise
            else:
                drawn = noise * (2.0 / value[0].numel()) ** 0.5
            value.copy_(round_to_f32(drawn))


def attempt(make, features, seed):
    generator = torch.Generator().manual_seed(seed)
    network = make()
    randomise(network, generator)
    inputs = round_to_f32(torch.randn(BATCH, features, generator=generator))
    labels = torch.randint(CLASSES, (BATCH,), generator=generator)
    state = network.state_dict().items()
    weights = {path(name): exact(value) for name, value in state if value.is_floating_point()}
    inference = network.eval()(inputs)
    training = network.train()(inputs)
    if margin(network) < MARGIN:
        return None
    loss = functional.cross_entropy(training, labels)
    loss.backward()
    running = {path(name): digits(value) for name, value in network.named_buffers()
               if value.is_floating_point()}
    return {
        "seed": seed,
        "weights": weights,
        "inputs": [short(value) for value in inputs.flatten()],
        "labels": labels.tolist(),
        "inference_logits": inference.flatten().tolist(),
        "training_logits": training.flatten().tolist(),
        "loss": loss.item(),
        "gradients": {name: digits(value.grad) for name, value in network.named_parameters()},
        "running": running,
    }


def case(make, features):
    return next(found for seed in range(1000) if (found := attempt(make, features, seed)))


def cost(network, features):
    """Trainable values, and the multiplications of convolutions and dense layers, by hooks."""
    products = 0

    def count(module, _inputs, output):
        nonlocal products
        # Each output value is one product of a row of weights with a patch of the input.
        products += output[0].numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    network.eval()(torch.randn(1, features))
    parameters = sum(value.numel() for value in network.parameters() if value.requires_grad)
    return {"parameters": parameters, "multiply_adds": products}


def main():
    networks = {
        "mlp": case(lambda: Mlp(7, [5, 4], CLASSES), 7),
        "cnn": case(lambda: Cnn([1, 8, 8], [3, 4], CLASSES), 64),
        "resnet8": case(lambda: Resnet([2, 8, 8], 8, 4, CLASSES), 128),
    }
    odd = [3, 15, 17]
    costs = {
        "mlp": cost(Mlp(64, [32, 16], 10), 64),
        "mlp without hidden layer": cost(Mlp(64, [], 10), 64),
        "cnn": cost(Cnn([1, 28, 28], [16, 32], 10), 784),
        "cnn on odd sides": cost(Cnn(odd, [4, 8], 10), 3 * 15 * 17),
        "resnet8": cost(Resnet([3, 32, 32], 8, 16, 10), 3072),
        "resnet8 on odd sides": cost(Resnet(odd, 8, 6, 10), 3 * 15 * 17),
        "resnet20": cost(Resnet([3, 32, 32], 20, 16, 10), 3072),
        "resnet110": cost(Resnet([3, 32, 32], 110, 16, 10), 3072),
    }
    # He et al. (2016), table 6: 0.27 M and 1.7 M with shortcuts that have no weights.
    assert abs(costs["resnet20"]["parameters"] - 0.27e6) < 0.01e6, costs
    assert abs(costs["resnet110"]["parameters"] - 1.7e6) < 0.05e6, costs
    for name, value in costs.items():
        print(name, value)
    for name, value in networks.items():
        print(name, "seed", value["seed"])
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"networks": networks, "costs": costs}) + "\n")


main()
