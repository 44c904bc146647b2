"""ONNX Runtime as a contestant of inference.

    ort_peer.py --work WORK --threads N
"""

import argparse
import pathlib
import subprocess
import sys

import numpy
import onnxruntime

import protocol
import works


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, choices=works.WORKS)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    channel = protocol.claim_output()

    def build():
        # By another process: a user of the runtime has the file and does not import onnx.
        maker = pathlib.Path(__file__).with_name("onnx_networks.py")
        made = subprocess.run(
            [sys.executable, maker, options.work], stdout=subprocess.PIPE, check=True
        )
        count, model = made.stdout.split(b"\n", 1)
        inputs = works.data(works.WORKS[options.work])[0]
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        session = onnxruntime.InferenceSession(
            model, settings, providers=["CPUExecutionProvider"]
        )
        feed, last = {"inputs": inputs}, [None]

        def run(steps):
            for _ in range(steps):
                last[0] = session.run(None, feed)[0]

        return int(count), run, lambda: float(numpy.sum(last[0]))

    protocol.serve(channel, build)


if __name__ == "__main__":
    main()
