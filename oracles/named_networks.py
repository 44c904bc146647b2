"""The named architectures of crate `nn` in PyTorch, float64, beyond those of networks.py.

Writes crates/nn/tests/oracle/named_networks.json: logits, gradients and running statistics of small
instances, in the form of large_networks.json, and the costs of every named network on images of 32x32
pixels. Definitions follow the papers and the forms of the distillation benchmarks that the crate names.

    python oracles/named_networks.py
"""

import json

import torch
from torch import nn
from torch.nn import functional

from networks import (CLASSES, OUTPUT, Attention, Block, InvertedResidual, Mlp, MobileNetV2, Resnet, VisionTransformer,
                      clear_relu, clear_relu6, cost, count, large_case)


class NormalisedConvolution(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.convolution(x))


class PreactivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.convolution1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.convolution2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        same = inputs == outputs and stride == 1
        self.shortcut = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        activated = clear_relu(self, self.norm1(x))
        inner = self.convolution2(clear_relu(self, self.norm2(self.convolution1(activated))))
        return inner + (x if self.shortcut is None else self.shortcut(activated))


class WideResnet(nn.Module):
    """Zagoruyko and Komodakis (2016), table 1."""

    def __init__(self, image, depth, widening, classes):
        super().__init__()
        self.image = image
        blocks = (depth - 4) // 6
        widths = [16, 16 * widening, 32 * widening, 64 * widening]
        self.stem = nn.Conv2d(image[0], 16, 3, padding=1, bias=False)
        for number, stride in enumerate([1, 2, 2], 1):
            inputs, outputs = widths[number - 1:number + 1]
            rest = [PreactivationBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            first = PreactivationBlock(inputs, outputs, stride)
            setattr(self, f"stage{number}", nn.Sequential(first, *rest))
        self.norm = nn.BatchNorm2d(widths[3])
        self.output = nn.Linear(widths[3], classes)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.stem(x.reshape(-1, *self.image)))))
        return self.output(clear_relu(self, self.norm(x)).mean(dim=(2, 3)))


class Vgg(nn.Module):
    """Simonyan and Zisserman (2015), table 1, as in the benchmarks of Tian et al. (2020)."""

    WIDTHS = [64, 128, 256, 512, 512]
    COUNTS = {8: [1, 1, 1, 1, 1], 11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3],
              19: [2, 2, 4, 4, 4]}

    def __init__(self, image, depth, classes):
        super().__init__()
        self.image = image
        self.stages = nn.ModuleList()
        inputs = image[0]
        for outputs, convolutions in zip(self.WIDTHS, self.COUNTS[depth]):
            stage = nn.ModuleList()
            for _ in range(convolutions):
                stage.append(NormalisedConvolution(inputs, outputs, 3))
                inputs = outputs
            self.stages.append(stage)
        self.output = nn.Linear(512, classes)

    def forward(self, x):
        x = x.reshape(-1, *self.image)
        for number, stage in enumerate(self.stages):
            for convolution in stage:
                x = clear_relu(self, convolution(x))
            if number < 3:
                four = functional.unfold(x.flatten(0, 1).unsqueeze(1), 2, stride=2)
                top = four.topk(2, dim=1).values
                self.margin = min(self.margin, (top[:, 0] - top[:, 1])[top[:, 0] > 0].min().item())
                x = functional.max_pool2d(x, 2)
        return self.output(x.mean(dim=(2, 3)))


def shuffle(x, groups):
    batch, channels, height, width = x.shape
    parts = x.reshape(batch, groups, channels // groups, height, width)
    return parts.transpose(1, 2).reshape(x.shape)


class Grouped(nn.Conv2d):
    """A grouped 1x1 convolution with its normalisation inside."""

    def __init__(self, inputs, outputs, groups):
        super().__init__(inputs, outputs, 1, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


def depthwise(channels, stride):
    return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)


class ShuffleUnit(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.halves = stride == 2
        made = outputs - inputs if self.halves else outputs
        middle = made // 4
        self.first = 1 if inputs == 24 else 3
        self.reduction = Grouped(inputs, middle, self.first)
        self.depthwise = depthwise(middle, stride)
        self.depthwise_norm = nn.BatchNorm2d(middle)
        self.expansion = Grouped(middle, made, 3)

    def forward(self, x):
        inner = shuffle(clear_relu(self, self.reduction(x)), self.first)
        inner = clear_relu(self, self.depthwise_norm(self.depthwise(inner)))
        made = self.expansion(inner)
        if not self.halves:
            return clear_relu(self, made + x)
        pooled = functional.avg_pool2d(x, 3, 2, padding=1)
        # What is pooled was activated before and may be 0, where both sides of the kink agree.
        return torch.cat([clear_relu(self, made), functional.relu(pooled)], 1)


class ShuffleNetV1(nn.Module):
    """Zhang et al. (2018), table 1 with three groups, as in the benchmarks of Tian et al. (2020)."""

    def __init__(self, image, classes):
        super().__init__()
        self.image = image
        self.stem = NormalisedConvolution(image[0], 24, 1)
        inputs = 24
        for number, (outputs, units) in enumerate([(240, 4), (480, 8), (960, 4)], 1):
            rest = [ShuffleUnit(outputs, outputs, 1) for _ in range(units - 1)]
            setattr(self, f"stage{number}", nn.Sequential(ShuffleUnit(inputs, outputs, 2), *rest))
            inputs = outputs
        self.output = nn.Linear(960, classes)

    def forward(self, x):
        x = clear_relu(self, self.stem(x.reshape(-1, *self.image)))
        return self.output(self.stage3(self.stage2(self.stage1(x))).mean(dim=(2, 3)))


class SplitUnit(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        half = outputs // 2
        self.shortcut = None
        if stride == 2:
            self.shortcut = nn.Module()
            self.shortcut.depthwise = depthwise(inputs, 2)
            self.shortcut.depthwise_norm = nn.BatchNorm2d(inputs)
            self.shortcut.projection = NormalisedConvolution(inputs, half, 1)
        self.reduction = NormalisedConvolution(inputs if stride == 2 else half, half, 1)
        self.depthwise = depthwise(half, stride)
        self.depthwise_norm = nn.BatchNorm2d(half)
        self.expansion = NormalisedConvolution(half, half, 1)

    def forward(self, x):
        if self.shortcut is None:
            around, x = x.chunk(2, dim=1)
        else:
            inner = self.shortcut.depthwise_norm(self.shortcut.depthwise(x))
            around = clear_relu(self, self.shortcut.projection(inner))
        inner = clear_relu(self, self.reduction(x))
        inner = self.depthwise_norm(self.depthwise(inner))
        return shuffle(torch.cat([around, clear_relu(self, self.expansion(inner))], 1), 2)


class ShuffleNetV2(nn.Module):
    """Ma et al. (2018), table 5, as in the benchmarks of Tian et al. (2020)."""

    WIDTHS = {0.5: [48, 96, 192, 1024], 1.0: [116, 232, 464, 1024], 1.5: [176, 352, 704, 1024],
              2.0: [244, 488, 976, 2048]}

    def __init__(self, image, multiplier, classes):
        super().__init__()
        self.image = image
        *widths, head = self.WIDTHS[multiplier]
        self.stem = NormalisedConvolution(image[0], 24, 1)
        inputs = 24
        for number, (outputs, units) in enumerate(zip(widths, [4, 8, 4]), 1):
            rest = [SplitUnit(outputs, outputs, 1) for _ in range(units - 1)]
            setattr(self, f"stage{number}", nn.Sequential(SplitUnit(inputs, outputs, 2), *rest))
            inputs = outputs
        self.head = NormalisedConvolution(inputs, head, 1)
        self.output = nn.Linear(head, classes)

    def forward(self, x):
        x = clear_relu(self, self.stem(x.reshape(-1, *self.image)))
        x = clear_relu(self, self.head(self.stage3(self.stage2(self.stage1(x)))))
        return self.output(x.mean(dim=(2, 3)))


class ScaledMobileNetV2(MobileNetV2):
    """With a width multiplier; channels are multiples of 8, at most a tenth smaller."""

    @staticmethod
    def scaled(channels, multiplier):
        exact = channels * multiplier
        near = max(8, int(exact + 4) // 8 * 8)
        return near + 8 if near < 0.9 * exact else near

    def __init__(self, image, multiplier, classes):
        nn.Module.__init__(self)
        self.image = image
        width, head = self.scaled(32, multiplier), max(1280, self.scaled(1280, multiplier))
        self.stem = nn.Conv2d(image[0], width, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList()
        for expansion, channels, blocks, stride in self.GROUPS:
            outputs = self.scaled(channels, multiplier)
            for block in range(blocks):
                now = stride if block == 0 else 1
                self.blocks.append(InvertedResidual(width, outputs, expansion, now))
                width = outputs
        self.head = nn.Conv2d(width, head, 1, bias=False)
        self.head_norm = nn.BatchNorm2d(head)
        self.output = nn.Linear(head, classes)


class DistilledVisionTransformer(VisionTransformer):
    """Touvron et al. (2021): a learned token behind those of the image, with a head of its own; without a position."""

    def __init__(self, image, patch, width, depth, heads, hidden, classes):
        super().__init__(image, patch, width, depth, heads, hidden, classes)
        self.distillation_token = nn.Parameter(torch.zeros(1, width))
        self.distillation_output = nn.Linear(width, classes)

    def forward(self, x):
        x = x.reshape(-1, *self.image)
        patches = self.embedding(functional.unfold(x, self.patch, stride=self.patch).transpose(1, 2))
        token = self.distillation_token.expand(len(x), 1, -1)
        x = torch.cat([patches + self.positions, token], 1)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        return (self.output(x[:, :-1].mean(dim=1)) + self.distillation_output(x[:, -1])) / 2


class TabularBlock(nn.Module):
    def __init__(self, units, hidden):
        super().__init__()
        self.norm = nn.BatchNorm1d(units)
        self.dense1 = nn.Linear(units, hidden)
        self.dense2 = nn.Linear(hidden, units)

    def forward(self, x):
        return x + self.dense2(clear_relu(self, self.dense1(self.norm(x))))


class TabularResnet(nn.Module):
    """Gorishniy et al. (2021), section 3.2, without dropout."""

    def __init__(self, inputs, blocks, units, multiplier, classes):
        super().__init__()
        self.input = nn.Linear(inputs, units)
        hidden = units * multiplier
        self.blocks = nn.ModuleList(TabularBlock(units, hidden) for _ in range(blocks))
        self.norm = nn.BatchNorm1d(units)
        self.output = nn.Linear(units, classes)

    def forward(self, x):
        x = self.input(x)
        for block in self.blocks:
            x = block(x)
        return self.output(clear_relu(self, self.norm(x)))


class Listed(nn.Module):
    """Layers by number, as a recipe lists them; functions have a number and no weights."""

    def __init__(self, layers):
        super().__init__()
        for number, layer in enumerate(layers):
            if isinstance(layer, nn.Module):
                self.add_module(str(number), layer)
        self.order = layers

    def forward(self, x):
        for layer in self.order:
            x = layer(x) if isinstance(layer, nn.Module) else layer(self, x)
        return x


class ListedResidual(nn.Module):
    def __init__(self, layers, shortcut=None):
        super().__init__()
        self.inner = Listed(layers)
        self.shortcut = shortcut

    def forward(self, x):
        return self.inner(x) + (x if self.shortcut is None else self.shortcut(x))


class Sequential(nn.Module):
    def __init__(self, image, layers, width, classes):
        super().__init__()
        self.image = image
        self.layers = Listed(layers)
        self.output = nn.Linear(width, classes)

    def forward(self, x):
        return self.output(self.layers(x.reshape(-1, *self.image)))


def clear_max_pool(module, x):
    four = functional.unfold(x.flatten(0, 1).unsqueeze(1), 2, stride=2)
    top = four.topk(2, dim=1).values
    module.margin = min(getattr(module, "margin", 1.0), (top[:, 0] - top[:, 1]).min().item())
    return functional.max_pool2d(x, 2)


def every_kind():
    strided = ListedResidual(
        [nn.Conv2d(6, 8, 3, 2, padding=1, bias=False), nn.BatchNorm2d(8), lambda _, x: functional.gelu(x),
         nn.Conv2d(8, 8, 3, padding=1, groups=8)],
        NormalisedConvolution(6, 8, 1, 2))
    return Sequential([2, 12, 12], [
        nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), clear_relu, strided, clear_relu6,
        lambda _, x: functional.avg_pool2d(x, 2), nn.Conv2d(8, 8, 3, padding=1, groups=2),
        ListedResidual([nn.Conv2d(8, 8, 1)]), clear_max_pool, nn.Flatten(), nn.Linear(8, 10),
        nn.LayerNorm(10), lambda _, x: functional.gelu(x),
        ListedResidual([nn.Linear(10, 12), nn.BatchNorm1d(12)], nn.Linear(10, 12)), lambda _, x: x,
    ], 12, CLASSES)


class ListedAttention(nn.Module):
    """Attention among the pixels of an image, row by row."""

    def __init__(self, channels, heads):
        super().__init__()
        self.attention = Attention(channels, heads)

    def forward(self, x):
        rows = x.flatten(2).transpose(1, 2)
        return self.attention(rows).transpose(1, 2).reshape(x.shape)


class PixelNorm(nn.LayerNorm):
    """Layer normalisation of the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.movedim(1, 3)).movedim(3, 1)


def transformer():
    feed_forward = [PixelNorm(12), nn.Conv2d(12, 20, 1), lambda _, x: functional.gelu(x),
                    nn.Conv2d(20, 12, 1)]
    return Sequential([2, 6, 8], [
        nn.Conv2d(2, 12, 2, 2, padding=1), ListedResidual([PixelNorm(12), ListedAttention(12, 3)]),
        ListedResidual(feed_forward), ListedAttention(12, 2), PixelNorm(12),
        lambda _, x: x.mean(dim=(2, 3)),
    ], 12, CLASSES)


def global_pool():
    return Sequential([2, 5, 4], [nn.Conv2d(2, 4, 3, padding=1), lambda _, x: x.mean(dim=(2, 3))], 4,
                      CLASSES)


def times_four(image, depth, classes):
    """The residual networks with 32 channels, then 64, 128 and 256."""
    network = Resnet(image, depth, 64, classes)
    network.stem = nn.Conv2d(image[0], 32, 3, padding=1, bias=False)
    network.stem_norm = nn.BatchNorm2d(32)
    network.stage1[0] = Block(32, 64, 1)
    return network


def named(image, classes):
    networks = {f"resnet{depth}": Resnet(image, depth, 16, classes)
                for depth in [8, 14, 20, 32, 44, 56, 110]}
    networks |= {f"resnet{depth}x4": times_four(image, depth, classes) for depth in [8, 32]}
    networks |= {f"wrn-{depth}-{widening}": WideResnet(image, depth, widening, classes)
                 for depth, widening in [(16, 1), (16, 2), (28, 10), (40, 1), (40, 2)]}
    networks |= {f"vgg{depth}": Vgg(image, depth, classes) for depth in Vgg.COUNTS}
    networks |= {f"mobilenet-v2 x{width}": ScaledMobileNetV2(image, width, classes)
                 for width in [0.5, 0.75, 1.0, 1.4]}
    networks["shufflenet-v1"] = ShuffleNetV1(image, classes)
    networks |= {f"shufflenet-v2 x{width}": ShuffleNetV2(image, width, classes)
                 for width in ShuffleNetV2.WIDTHS}
    networks["tabular-resnet"] = TabularResnet(3 * 32 * 32, 2, 192, 2, classes)
    networks["mlp 1200-1200"] = Mlp(3 * 32 * 32, [1200, 1200], classes)
    networks["vit"] = VisionTransformer(image, 4, 256, 6, 4, 512, classes)
    networks["vit with a distillation token"] = DistilledVisionTransformer(image, 4, 256, 6, 4, 512, classes)
    return networks


def costs():
    found = {}
    for classes in [10, 100]:
        for name, network in named([3, 32, 32], classes).items():
            counted = cost(network, 3 * 32 * 32)
            if isinstance(network, VisionTransformer):
                # What no hook sees: dense layers and products of attention among all tokens.
                tokens = len(network.positions) + isinstance(network, DistilledVisionTransformer)
                counted["multiply_adds"] += 6 * (tokens * 4 * 256**2 + 2 * tokens**2 * 256)
            found[f"{name}, {classes} classes"] = counted
    return found


def within_attention(network):
    """What no hook sees: dense layers and products of attention among 4x5 pixels."""
    positions, found = 20, 0
    for layer in network.modules():
        if isinstance(layer, ListedAttention):
            weights = layer.attention.projection.weight.numel() + layer.attention.output.weight.numel()
            width = layer.attention.output.out_features
            found += positions * weights + 2 * positions**2 * width
    return found


def main():
    image = [3, 16, 16]
    cases = {
        "resnet8x4": (times_four([3, 8, 8], 8, CLASSES), 192),
        "wrn-10-1": (WideResnet([3, 8, 8], 10, 1, CLASSES), 192),
        "vgg8": (Vgg(image, 8, CLASSES), 768),
        "shufflenet-v1": (ShuffleNetV1(image, CLASSES), 768),
        "shufflenet-v2": (ShuffleNetV2(image, 0.5, CLASSES), 768),
        "tabular-resnet": (TabularResnet(7, 2, 12, 2, CLASSES), 7),
        "every kind of layer": (every_kind(), 288),
        "global pool": (global_pool(), 40),
        "transformer": (transformer(), 96),
    }
    found = {}
    for name, (network, features) in cases.items():
        found[name] = {**large_case(network, features), "parameters": count(network)}
        found[name]["multiply_adds"] = cost(network, features)["multiply_adds"] + within_attention(network)
        print(name, "seed", found[name]["seed"], flush=True)
    counted = costs()
    for name, value in counted.items():
        print(name, value)
    document = {"cases": found, "costs": counted}
    (OUTPUT / "named_networks.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
