"""Three ways to train an epoch in Keras on JAX."""

import itertools

import jax
import keras
import numpy
from jax import numpy as jnp
from keras import ops

import works

STEPS_PER_CALL = 16


def sample_losses(student, labels, targets, kind):
    """The loss of each sample: cross-entropy, or that of distillation at (temperature, alpha)."""
    chosen = jnp.take_along_axis(jax.nn.log_softmax(student), labels[:, None], axis=-1)[:, 0]
    if kind is None:
        return -chosen
    t, alpha = kind
    log_p = jax.nn.log_softmax(targets / t)
    log_q = jax.nn.log_softmax(student / t)
    soft = jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=-1)
    return alpha * t * t * soft - (1 - alpha) * chosen


def adam(rate):
    return keras.optimizers.Adam(rate, epsilon=works.ADAM["epsilon"])


class Step:
    """Each step is a call of one program; JAX queues the next while one computes."""

    longest = 1

    def __init__(self, network, settings, kind, _steps):
        self.network, self.kind = network, kind
        self.optimiser = adam(settings["learning_rate"])
        self.optimiser.build(network.trainable_variables)
        self.start = [variable.numpy() for variable in self.optimiser.variables]
        paths = [variable.path for variable in self.optimiser.variables]
        self.rate_place = paths.index(self.optimiser._learning_rate.path)
        self.size = settings["batch_size"]
        normed = any(
            isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers
        )
        # Without batch normalisation a sample of weight 0 is as good as none, so that all batches
        # can be of one size.
        self.pad = not normed
        self.run = jax.jit(self._several, donate_argnums=(0, 1, 2))
        self.columns = self.placed = None

    def reset(self):
        for variable, value in zip(self.optimiser.variables, self.start):
            variable.assign(value)
        self.columns = None

    def epoch(self, columns, order, rates):
        if self.columns is not columns:
            self.columns, self.placed = columns, [jax.device_put(column) for column in columns]
        variables = (
            self.network.trainable_variables,
            self.network.non_trainable_variables,
            self.optimiser.variables,
        )
        state = [[variable.value for variable in part] for part in variables]
        total, done = 0.0, 0
        for group in self._groups(order):
            size = self.size if self.pad else len(group[0])
            index = numpy.zeros((len(group), size), numpy.int32)
            weight = numpy.zeros((len(group), size), numpy.float32)
            for row, batch in enumerate(group):
                index[row, : len(batch)], weight[row, : len(batch)] = batch, 1 / len(batch)
            rate = numpy.asarray(rates[done : done + len(group)], numpy.float32)
            *state, losses = self.run(*state, self.placed, index, weight, rate)
            total, done = total + losses.sum(), done + len(group)
        for part, values in zip(variables, state):
            for variable, value in zip(part, values):
                variable.assign(value)
        return float(total) / done

    def _groups(self, order):
        """Batches that follow one another and have one size, up to the longest group."""
        for _, group in itertools.groupby(order, lambda batch: self.pad or len(batch)):
            while part := list(itertools.islice(group, self.longest)):
                yield part

    def _several(self, trainable, other, moments, columns, *steps):
        carry, loss = self._one((trainable, other, moments), columns, *(s[0] for s in steps))
        return *carry, loss

    def _one(self, state, columns, index, weight, rate):
        trainable, other, moments = state

        def loss_of(trainable, other, batch):
            inputs, labels, *targets = batch
            student, other = self.network.stateless_call(trainable, other, inputs, training=True)
            losses = sample_losses(student, labels, targets[0] if targets else None, self.kind)
            return jnp.sum(weight * losses), other

        batch = [column[index] for column in columns]
        moments = [*moments]
        moments[self.rate_place] = rate
        (loss, other), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            trainable, other, batch
        )
        trainable, moments = self.optimiser.stateless_apply(moments, gradients, trainable)
        return (trainable, other, moments), loss


class Scan(Step):
    """An epoch is one program: for dense layers. README.md has why not for convolutions."""

    longest = 1_000_000_000

    def _several(self, trainable, other, moments, columns, *steps):
        def body(state, step):
            return self._one(state, columns, *step)

        carry, losses = jax.lax.scan(body, (trainable, other, moments), steps)
        return *carry, losses


class Fit:
    """`fit` on the rows in their order, with the schedule of Keras and several steps a call."""

    def __init__(self, network, settings, kind, steps):
        self.network, self.settings, self.kind = network, settings, kind
        rate = settings["learning_rate"]
        if settings["schedule"] == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, steps)
        self.optimiser = adam(rate)
        self.optimiser.build(network.trainable_variables)
        self.start = [variable.numpy() for variable in self.optimiser.variables]
        # A model has one loss at a time: a second model over the same layers for the other loss.
        self.model = keras.Model(network.inputs, network.outputs)
        self.model.compile(self.optimiser, loss=self._loss, steps_per_execution=STEPS_PER_CALL)

    def reset(self):
        for variable, value in zip(self.optimiser.variables, self.start):
            variable.assign(value)

    def epoch(self, columns, order, _rates):
        rows = numpy.concatenate(order)
        inputs, labels, *targets = (column[rows] for column in columns)
        packed = numpy.concatenate([labels[:, None].astype("float32"), *targets], axis=1)
        history = self.model.fit(
            inputs, packed, batch_size=self.settings["batch_size"], shuffle=False, verbose=0,
        )  # fmt: skip
        return float(history.history["loss"][-1])

    def _loss(self, packed, student):
        labels = ops.cast(packed[:, 0], "int32")
        return sample_losses(student, labels, packed[:, 1:], self.kind)
