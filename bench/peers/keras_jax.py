"""Steps of a Keras network on JAX."""

import jax
import numpy
from jax import numpy as jnp

import works


def distillation_loss(student, teacher, labels):
    t, alpha = works.TEMPERATURE, works.ALPHA
    log_p = jax.nn.log_softmax(teacher / t)
    log_q = jax.nn.log_softmax(student / t)
    soft = jnp.mean(jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=-1))
    chosen = jnp.take_along_axis(jax.nn.log_softmax(student), labels[:, None], axis=-1)
    return alpha * t * t * soft - (1 - alpha) * jnp.mean(chosen)


def values(variables):
    return [variable.value for variable in variables]


def training(network, teacher, optimiser, data, options):
    optimiser.build(network.trainable_variables)
    frozen = values(teacher.variables) if teacher is not None else []
    data = [jax.device_put(array) for array in data]
    if options.scan > 1:
        # Batches of their own, or XLA would move what they share out of the loop.
        data = [jnp.stack([jnp.roll(part, n, 0) for n in range(options.scan)]) for part in data]

    def loss_of(trainable, other, frozen, inputs, logits, labels):
        if teacher is not None:
            logits, _ = teacher.stateless_call([], frozen, inputs, training=False)
        student, other = network.stateless_call(trainable, other, inputs, training=True)
        return distillation_loss(student, logits, labels), other

    def step(trainable, other, moments, frozen, inputs, logits, labels):
        value_and_gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, other), gradients = value_and_gradient(
            trainable, other, frozen, inputs, logits, labels
        )
        trainable, moments = optimiser.stateless_apply(moments, gradients, trainable)
        return trainable, other, moments, loss

    def several(trainable, other, moments, frozen, *batches):
        def body(carry, batch):
            *carry, loss = step(*carry, frozen, *batch)
            return tuple(carry), loss

        carry, losses = jax.lax.scan(body, (trainable, other, moments), batches)
        return *carry, losses[-1]

    call = jax.jit(step if options.scan == 1 else several, donate_argnums=(0, 1, 2))
    state = [
        values(network.trainable_variables),
        values(network.non_trainable_variables),
        values(optimiser.variables),
        jnp.zeros(()),
    ]

    def run(steps):
        trainable, other, moments, loss = state
        for _ in range(steps):
            trainable, other, moments, loss = call(trainable, other, moments, frozen, *data)
        # Waiting once a sample leaves JAX free to queue the next step while one computes.
        loss.block_until_ready()
        state[:] = trainable, other, moments, loss

    return run, lambda: float(state[3])  # the last loss


def inference(network, inputs, latency, _options):
    # The weights are constants of the program, so that XLA may fold what it can.
    trainable = values(network.trainable_variables)
    other = values(network.non_trainable_variables)

    @jax.jit
    def forward(inputs):
        return network.stateless_call(trainable, other, inputs, training=False)[0]

    last = [None]
    placed = jax.device_put(inputs)

    def run(steps):
        if latency:
            for _ in range(steps):
                last[0] = numpy.asarray(forward(inputs))
        else:
            for _ in range(steps):
                last[0] = forward(placed)
            last[0].block_until_ready()

    return run, lambda: float(numpy.asarray(last[0]).sum())
