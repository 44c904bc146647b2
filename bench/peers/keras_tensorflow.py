"""Steps of a Keras network on TensorFlow."""

import tensorflow as tf

import works


def distillation_loss(student, teacher, labels):
    t, alpha = works.TEMPERATURE, works.ALPHA
    log_p = tf.nn.log_softmax(teacher / t)
    log_q = tf.nn.log_softmax(student / t)
    soft = tf.reduce_mean(tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=-1))
    hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, student)
    return alpha * t * t * soft + (1 - alpha) * tf.reduce_mean(hard)


def training(network, teacher, optimiser, data, options):
    variables = network.trainable_variables
    optimiser.build(variables)
    arguments = [tf.constant(array) for array in data]

    @tf.function(jit_compile=options.compile == "xla")
    def step(inputs, logits, labels):
        if teacher is not None:
            logits = teacher(inputs, training=False)
        with tf.GradientTape() as tape:
            loss = distillation_loss(network(inputs, training=True), logits, labels)
        optimiser.apply(tape.gradient(loss, variables), variables)
        return loss

    concrete = step.get_concrete_function(*arguments)
    last = [None]

    def run(steps):
        for _ in range(steps):
            last[0] = concrete(*arguments)
        last[0].numpy()

    return run, lambda: float(last[0])


def inference(network, inputs, latency, options):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(jit_compile=options.compile == "xla")
    def forward(inputs):
        return network(inputs, training=False)

    placed = tf.constant(inputs)
    concrete = forward.get_concrete_function(placed)
    if options.compile == "graph":
        # Frozen weights let the graph optimiser fold batch normalisation into convolutions. What
        # comes out is slow to call; wrapped once more it is not.
        frozen = convert_variables_to_constants_v2(concrete)
        concrete = tf.function(lambda inputs: frozen(inputs)[0]).get_concrete_function(placed)
    last = [None]

    def run(steps):
        if latency:
            for _ in range(steps):
                last[0] = concrete(tf.constant(inputs)).numpy()
        else:
            for _ in range(steps):
                last[0] = concrete(placed)
            last[0].numpy()

    return run, lambda: float(tf.reduce_sum(last[0]))
