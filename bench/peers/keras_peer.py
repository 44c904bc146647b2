"""Keras as a contestant, on JAX or on TensorFlow.

    keras_peer.py --work WORK --threads N --backend jax
    keras_peer.py --work WORK --threads N --backend tensorflow --compile xla|graph

On JAX the step is the one that Keras documents for custom loops: stateless calls under jax.jit, all
state donated; with `--scan 16` sixteen steps, each on a batch of its own, are one call (as
`steps_per_execution` of Keras does it). On TensorFlow it is a tf.function, with XLA or as a graph.
"""

import argparse
import os
import sys

import protocol
import works


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, choices=works.WORKS)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--backend", choices=["jax", "tensorflow"], required=True)
    parser.add_argument("--compile", choices=["xla", "graph"], default="xla")
    parser.add_argument("--scan", type=int, default=1, help="JAX: steps in one call, by lax.scan")
    return parser.parse_args()


def limit_threads(backend, threads):
    """Must come before the backend makes its pools."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend == "jax":
        # XLA sizes its pool by the cores that the process may use; there is no other complete way.
        cores = sorted(os.sched_getaffinity(0))[:threads]
        os.sched_setaffinity(0, cores)
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        # Keras loads TensorFlow where it finds it, for nothing here; who uses JAX need not have it.
        sys.modules["tensorflow"] = None
        return
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)


def optimiser(work):
    import keras

    if work["optimizer"] == "adam":
        adam = works.ADAM
        return keras.optimizers.Adam(
            adam["rate"], adam["first"], adam["second"], epsilon=adam["epsilon"]
        )
    return keras.optimizers.SGD(works.SGD["rate"], works.SGD["momentum"])


def main():
    options = arguments()
    channel = protocol.claim_output()
    limit_threads(options.backend, options.threads)
    import keras

    import keras_networks

    if options.backend == "jax":
        import keras_jax as steps
    else:
        import keras_tensorflow as steps

    def build():
        keras.utils.set_random_seed(0)
        work = works.WORKS[options.work]
        inputs, logits, labels = works.data(work)
        if inputs.ndim == 4:
            inputs = inputs.transpose(0, 2, 3, 1).copy()
        keras_networks.under_xla = options.compile == "xla"
        network = keras_networks.build(work)
        count = sum(variable.numpy().size for variable in network.trainable_variables)
        if work["task"] == "train":
            teacher = None
            if "teacher" in work:
                teacher = keras_networks.dense(work["inputs"], work["teacher"])
                teacher.trainable = False
            data = (inputs, logits, labels.astype("int32"))
            run, check = steps.training(network, teacher, optimiser(work), data, options)
        else:
            keras_networks.randomise_norms(network)
            latency = work["task"] == "latency"
            run, check = steps.inference(network, inputs, latency, options)
        return count, run, check

    protocol.serve(channel, build, options.scan)


if __name__ == "__main__":
    main()
