"""ONNX Runtime as a contestant of labelling.py: so many rows a call.

    ort_labelling.py --rows ROWS --model FILE --sizes 3x32x32 --largest 1 --threads N
"""

import argparse
import json
import sys
import time

import numpy
import onnxruntime

import protocol

ROWS = 128


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--sizes", required=True)
    parser.add_argument("--largest", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    channel = protocol.claim_output()
    sizes = [int(size) for size in options.sizes.split("x")]
    draw = numpy.random.default_rng(0)
    if options.largest == 1:
        values = draw.random((ROWS, *sizes), dtype=numpy.float32)
    else:
        values = draw.integers(0, options.largest, (ROWS, *sizes), dtype=numpy.int32)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def label():
        for first in range(0, ROWS, options.rows):
            session.run(None, {name: values[first : first + options.rows]})

    label()
    print(json.dumps({"ready": True}), file=channel, flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        start = time.perf_counter()
        label()
        print(json.dumps({"ms": 1000 * (time.perf_counter() - start)}), file=channel, flush=True)


if __name__ == "__main__":
    main()
