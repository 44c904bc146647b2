"""The architectures of crate `nn` in PyTorch, float64: logits, gradients, running statistics, costs.

Writes crates/nn/tests/oracle/networks.json. Weights and inputs are rounded to f32 first, all else is
computed in float64. Names and layout of the weights are those of crate `nn`. A seed is taken whose
activations all stay clear of the kinks of ReLU and of ties between pooled values.

Networks with many weights go to large_networks.json: their weights come from a formula (`hashed`), which
the test computes too, and of each gradient there is only its length and its product with such numbers.

    python oracles/networks.py
"""

import json
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/nn/tests/oracle"
BATCH = 5
CLASSES = 3
MARGIN = 2e-5
# MobileNet-V2 has half a million activations in a batch; one is always nearer to a kink than that.
LARGE_MARGIN = 3e-6


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


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        inner = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.expansion = None
        if expansion > 1:
            self.expansion = nn.Module()
            self.expansion.convolution = nn.Conv2d(inputs, inner, 1, bias=False)
            self.expansion.norm = nn.BatchNorm2d(inner)
        self.depthwise = nn.Conv2d(inner, inner, 3, stride, padding=1, groups=inner, bias=False)
        self.depthwise_norm = nn.BatchNorm2d(inner)
        self.projection = nn.Conv2d(inner, outputs, 1, bias=False)
        self.projection_norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        inner = x
        if self.expansion is not None:
            inner = clear_relu6(self, self.expansion.norm(self.expansion.convolution(x)))
        inner = clear_relu6(self, self.depthwise_norm(self.depthwise(inner)))
        inner = self.projection_norm(self.projection(inner))
        return x + inner if self.residual else inner


class MobileNetV2(nn.Module):
    """Sandler et al. (2018), table 2: expansion, channels, blocks, stride; two strides are 1 here."""

    GROUPS = [(1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1)]

    def __init__(self, image, classes):
        super().__init__()
        self.image = image
        self.stem = nn.Conv2d(image[0], 32, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(32)
        self.blocks = nn.ModuleList()
        width = 32
        for expansion, channels, blocks, stride in self.GROUPS:
            for block in range(blocks):
                now = stride if block == 0 else 1
                self.blocks.append(InvertedResidual(width, channels, expansion, now))
                width = channels
        self.head = nn.Conv2d(width, 1280, 1, bias=False)
        self.head_norm = nn.BatchNorm2d(1280)
        self.output = nn.Linear(1280, classes)

    def forward(self, x):
        x = clear_relu6(self, self.stem_norm(self.stem(x.reshape(-1, *self.image))))
        for block in self.blocks:
            x = block(x)
        x = clear_relu6(self, self.head_norm(self.head(x)))
        return self.output(x.mean(dim=(2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        tokens = x.transpose(0, 1)
        attended, _ = functional.multi_head_attention_forward(
            tokens, tokens, tokens, x.shape[2], self.heads, self.projection.weight,
            self.projection.bias, None, None, False, 0.0, self.output.weight, self.output.bias,
            training=self.training, need_weights=False)
        return attended.transpose(0, 1)


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.dense_norm = nn.LayerNorm(width)
        self.dense1 = nn.Linear(width, hidden)
        self.dense2 = nn.Linear(hidden, width)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.dense2(functional.gelu(self.dense1(self.dense_norm(x))))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al. (2021), with the mean of the tokens in place of a class token."""

    def __init__(self, image, patch, width, depth, heads, hidden, classes):
        super().__init__()
        self.image, self.patch = image, patch
        tokens = (image[1] // patch) * (image[2] // patch)
        self.embedding = nn.Linear(image[0] * patch * patch, width)
        self.positions = nn.Parameter(torch.zeros(tokens, width))
        self.layers = nn.ModuleList(EncoderLayer(width, heads, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, classes)

    def forward(self, x):
        x = x.reshape(-1, *self.image)
        patches = functional.unfold(x, self.patch, stride=self.patch).transpose(1, 2)
        x = self.embedding(patches) + self.positions
        for layer in self.layers:
            x = layer(x)
        return self.output(self.norm(x).mean(dim=1))


def clear_relu(module, x):
    """ReLU that remembers how near to its kink it came."""
    module.margin = min(getattr(module, "margin", 1.0), x.abs().min().item())
    return functional.relu(x)


def clear_relu6(module, x):
    near = min(x.abs().min().item(), (x - 6).abs().min().item())
    module.margin = min(getattr(module, "margin", 1.0), near)
    return functional.relu6(x)


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


def hashed(name, count):
    """Numbers in [-1, 1) of 24 bits: SplitMix64 from the FNV-1a hash of a name."""
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = (start ^ byte) * 0x100000001B3 % 2**64
    z = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    z = z + numpy.uint64(start)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z = z ^ (z >> numpy.uint64(31))
    return torch.from_numpy((z >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1)


def as_stored(name, value):
    """As crate `nn` stores it: the weights of dense layers have their inputs first."""
    return value.t() if value.dim() == 2 and name.endswith("weight") else value


def fill(network, seed):
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if not value.is_floating_point():
                continue
            own = as_stored(name, value)
            numbers = hashed(f"{seed}/{path(name)}", value.numel()).reshape(own.shape)
            if name.endswith("running_var"):
                numbers = 1 + 0.5 * numbers
            elif value.dim() == 1 and name.endswith("weight"):
                numbers = 1 + 0.3 * numbers
            elif value.dim() == 1 or name == "positions":
                numbers = 0.3 * numbers
            else:
                numbers = (6 / value[0].numel()) ** 0.5 * numbers
            own.copy_(round_to_f32(numbers))


def checks(values):
    """Length, and product with other numbers, of each tensor."""
    found = {}
    for name, value in values:
        flat = as_stored(name, value.detach()).flatten()
        probe = hashed(f"probe/{path(name)}", flat.numel())
        found[path(name)] = [float(f"{number:.10e}") for number in (flat.norm(), flat @ probe)]
    return found


def large_attempt(network, features, seed):
    fill(network, seed)
    inputs = round_to_f32(1.7 * hashed(f"{seed}/inputs", BATCH * features)).reshape(BATCH, -1)
    inference = network.eval()(inputs)
    # Only gradients feel the kinks.
    for module in network.modules():
        module.margin = 1.0
    training = network.train()(inputs)
    if margin(network) < LARGE_MARGIN:
        return None
    loss = functional.cross_entropy(training, torch.arange(BATCH) % CLASSES)
    loss.backward()
    buffers = network.named_buffers()
    return {
        "seed": seed,
        "inference_logits": inference.flatten().tolist(),
        "training_logits": training.flatten().tolist(),
        "loss": loss.item(),
        "gradients": checks((name, value.grad) for name, value in network.named_parameters()),
        "running": checks((name, value) for name, value in buffers if value.is_floating_point()),
    }


def large_case(network, features):
    return next(found for seed in range(1000) if (found := large_attempt(network, features, seed)))


def count(network):
    return sum(value.numel() for value in network.parameters())


def large_networks():
    # What torchvision's documentation gives for its MobileNet-V2.
    assert count(MobileNetV2([3, 32, 32], 1000)) == 3504872
    mobile = MobileNetV2([3, 8, 8], CLASSES)
    transformer = VisionTransformer([3, 8, 12], 4, 24, 2, 4, 40, CLASSES)
    return {
        "mobilenet_v2": {**large_case(mobile, 192), "parameters": count(mobile)},
        "vision_transformer": {**large_case(transformer, 288), "parameters": count(transformer)},
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
    large = large_networks()
    for name, value in [*networks.items(), *large.items()]:
        print(name, "seed", value["seed"])
    OUTPUT.mkdir(parents=True, exist_ok=True)
    networks = {"networks": networks, "costs": costs}
    (OUTPUT / "networks.json").write_text(json.dumps(networks) + "\n")
    (OUTPUT / "large_networks.json").write_text(json.dumps(large) + "\n")


if __name__ == "__main__":
    main()
