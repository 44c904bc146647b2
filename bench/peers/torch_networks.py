"""The networks of the works in PyTorch. Weights are random; only speed is measured."""

import torch
from torch import nn
from torch.nn import functional

import works


def dense(inputs, hidden):
    layers, width = [], inputs
    for units in hidden:
        layers += [nn.Linear(width, units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, works.CLASSES))


def convolution(inputs, outputs, size, stride=1, groups=1):
    padding = size // 2
    return nn.Conv2d(inputs, outputs, size, stride, padding, groups=groups, bias=False)


class Block(nn.Module):
    """The basic residual block; a 1x1 convolution as shortcut where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convolution1 = convolution(inputs, outputs, 3, stride)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.convolution2 = convolution(outputs, outputs, 3)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(
                convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        inner = functional.relu(self.norm1(self.convolution1(x)), inplace=True)
        inner = self.norm2(self.convolution2(inner))
        return functional.relu(inner + self.shortcut(x), inplace=True)


class Head(nn.Module):
    """Global average pooling and a dense layer."""

    def __init__(self, channels):
        super().__init__()
        self.output = nn.Linear(channels, works.CLASSES)

    def forward(self, x):
        return self.output(x.mean(dim=(2, 3)))


def residual(image, stem, channels, blocks):
    layers = [convolution(image[0], stem, 3), nn.BatchNorm2d(stem), nn.ReLU(inplace=True)]
    inputs = stem
    for stage, outputs in enumerate(channels):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(Block(inputs, outputs, stride))
            inputs = outputs
    return nn.Sequential(*layers, Head(inputs))


class Inverted(nn.Module):
    """The inverted residual block of MobileNet-V2."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        layers = []
        if expansion != 1:
            layers += [convolution(inputs, inner, 1), nn.BatchNorm2d(inner), nn.ReLU6(True)]
        layers += [
            convolution(inner, inner, 3, stride, groups=inner),
            nn.BatchNorm2d(inner),
            nn.ReLU6(True),
            convolution(inner, outputs, 1),
            nn.BatchNorm2d(outputs),
        ]
        self.inner = nn.Sequential(*layers)
        self.around = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.inner(x) if self.around else self.inner(x)


def mobilenet(image):
    inputs, last = works.MOBILENET_STEM, works.MOBILENET_LAST
    layers = [convolution(image[0], inputs, 3), nn.BatchNorm2d(inputs), nn.ReLU6(True)]
    for expansion, outputs, repetitions, stride in works.MOBILENET:
        for index in range(repetitions):
            layers.append(Inverted(inputs, outputs, stride if index == 0 else 1, expansion))
            inputs = outputs
    layers += [convolution(inputs, last, 1), nn.BatchNorm2d(last), nn.ReLU6(True), Head(last)]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """A pre-norm encoder layer with PyTorch's fused attention."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, eps=1e-5)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-5)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        split = (batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = self.qkv(self.norm1(x)).view(split).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.narrow(functional.gelu(self.widen(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, image, patch, width, heads, hidden, layers):
        super().__init__()
        self.patch = patch
        self.embedding = nn.Linear(image[0] * patch * patch, width)
        self.position = nn.Parameter(0.02 * torch.randn(works.TOKENS, width))
        self.layers = nn.Sequential(*(Encoder(width, heads, hidden) for _ in range(layers)))
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.output = nn.Linear(width, works.CLASSES)

    def forward(self, x):
        batch, channels, height, columns = x.shape
        p = self.patch
        x = x.reshape(batch, channels, height // p, p, columns // p, p)
        x = x.permute(0, 2, 4, 1, 3, 5).reshape(batch, works.TOKENS, -1)
        x = self.layers(self.embedding(x) + self.position)
        return self.output(self.norm(x).mean(dim=1))


def build(work):
    if work["kind"] == "dense":
        return dense(work["inputs"], work["hidden"])
    if work["kind"] == "residual":
        return residual(work["image"], work["stem"], work["channels"], work["blocks"])
    if work["kind"] == "mobilenet":
        return mobilenet(work["image"])
    return Transformer(**works.VIT)


def randomise_norms(network):
    """Statistics, gamma and beta that are not trivial, so that folding them is real work."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.2, 0.2)
