"""The networks of the works in Keras, images as batch, row, column, channel (its own best order)."""

import keras
from keras import layers, ops

import works

# Whether what is built here will be compiled by XLA, which is always so on JAX.
under_xla = True


def dense(inputs, hidden):
    parts = [keras.Input((inputs,))]
    parts += [layers.Dense(units, activation="relu") for units in hidden]
    return keras.Sequential([*parts, layers.Dense(works.CLASSES)])


def norm(x):
    momentum = 1.0 - works.NORM_MOMENTUM
    return layers.BatchNormalization(momentum=momentum, epsilon=works.NORM_EPSILON)(x)


def convolution(x, outputs, size, stride=1):
    return layers.Conv2D(outputs, size, stride, padding="same", use_bias=False)(x)


def block(x, outputs, stride):
    """The basic residual block; a 1x1 convolution as shortcut where the shape changes."""
    around = x
    if x.shape[-1] != outputs or stride != 1:
        around = norm(convolution(x, outputs, 1, stride))
    x = layers.ReLU()(norm(convolution(x, outputs, 3, stride)))
    x = norm(convolution(x, outputs, 3))
    return layers.ReLU()(layers.Add()([x, around]))


def head(x):
    return layers.Dense(works.CLASSES)(layers.GlobalAveragePooling2D()(x))


def picture(image):
    channels, height, width = image
    return keras.Input((height, width, channels))


def residual(image, stem, channels, blocks):
    inputs = picture(image)
    x = layers.ReLU()(norm(convolution(inputs, stem, 3)))
    for stage, outputs in enumerate(channels):
        for index in range(blocks):
            x = block(x, outputs, 2 if stage > 0 and index == 0 else 1)
    return keras.Model(inputs, head(x))


def relu6(x):
    return layers.ReLU(max_value=6.0)(x)


class ShiftedDepthwise(layers.Layer):
    """A 3x3 depthwise convolution as nine shifted products, which XLA fuses into one loop.

    With XLA's own the training of MobileNet-V2 was not warm within four minutes on the CPU.
    """

    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 3, shape[-1]), initializer="glorot_uniform")

    def call(self, x):
        _, height, width, _ = x.shape
        padded, stride = ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), self.stride
        return sum(
            padded[:, row : row + height : stride, column : column + width : stride]
            * self.kernel[row, column]
            for row in range(3)
            for column in range(3)
        )


def depthwise(x, stride):
    if under_xla:
        return ShiftedDepthwise(stride)(x)
    return layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)


def inverted(x, outputs, stride, expansion):
    """The inverted residual block of MobileNet-V2."""
    start = x
    if expansion != 1:
        x = relu6(norm(convolution(x, x.shape[-1] * expansion, 1)))
    x = depthwise(x, stride)
    x = norm(convolution(relu6(norm(x)), outputs, 1))
    return layers.Add()([start, x]) if stride == 1 and start.shape[-1] == outputs else x


def mobilenet(image):
    inputs = picture(image)
    x = relu6(norm(convolution(inputs, works.MOBILENET_STEM, 3)))
    for expansion, outputs, repetitions, stride in works.MOBILENET:
        for index in range(repetitions):
            x = inverted(x, outputs, stride if index == 0 else 1, expansion)
    x = relu6(norm(convolution(x, works.MOBILENET_LAST, 1)))
    return keras.Model(inputs, head(x))


class Position(layers.Layer):
    """A learned embedding of each position, added."""

    def build(self, shape):
        self.embedding = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return x + self.embedding


class Attention(layers.Layer):
    """Self-attention through Keras' dot_product_attention, q, k and v in one dense layer."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = layers.Dense(3 * width)
        self.projection = layers.Dense(width)

    def build(self, shape):
        self.qkv.build(shape)
        self.projection.build(shape)

    def call(self, x):
        _, tokens, width = x.shape
        parts = ops.split(self.qkv(x), 3, axis=-1)
        split = (-1, tokens, self.heads, width // self.heads)
        mixed = ops.dot_product_attention(*(ops.reshape(part, split) for part in parts))
        return self.projection(ops.reshape(mixed, (-1, tokens, width)))


def layer_norm(x):
    return layers.LayerNormalization(epsilon=1e-5)(x)


def transformer(image, patch, width, heads, hidden, layers_):
    inputs = picture(image)
    channels, height, columns = image
    shape = (height // patch, patch, columns // patch, patch, channels)
    x = layers.Reshape(shape)(inputs)
    # Each patch flattened as channel, row, column.
    x = layers.Permute((1, 3, 5, 2, 4))(x)
    x = layers.Reshape((works.TOKENS, channels * patch * patch))(x)
    x = Position()(layers.Dense(width)(x))
    for _ in range(layers_):
        x = layers.Add()([x, Attention(width, heads)(layer_norm(x))])
        inner = layers.Dense(hidden)(layer_norm(x))
        inner = layers.Activation(exact_gelu)(inner)
        x = layers.Add()([x, layers.Dense(width)(inner)])
    x = layers.GlobalAveragePooling1D()(layer_norm(x))
    return keras.Model(inputs, layers.Dense(works.CLASSES)(x))


def exact_gelu(x):
    return keras.activations.gelu(x, approximate=False)


def build(work):
    if work["kind"] == "dense":
        return dense(work["inputs"], work["hidden"])
    if work["kind"] == "residual":
        return residual(work["image"], work["stem"], work["channels"], work["blocks"])
    if work["kind"] == "mobilenet":
        return mobilenet(work["image"])
    vit = dict(works.VIT)
    return transformer(layers_=vit.pop("layers"), **vit)


def randomise_norms(network):
    """Statistics, gamma and beta that are not trivial, so that folding them is real work."""
    generator = keras.random.SeedGenerator(1)

    def uniform(variable, low, high):
        variable.assign(keras.random.uniform(variable.shape, low, high, seed=generator))

    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            uniform(layer.moving_mean, -0.2, 0.2)
            uniform(layer.moving_variance, 0.5, 1.5)
            uniform(layer.gamma, 0.5, 1.5)
            uniform(layer.beta, -0.2, 0.2)
