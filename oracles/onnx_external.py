"""The network of dense.onnx with its numbers in other files, as PyTorch writes large models.

Reads crates/onnx/tests/models/dense.onnx (onnx_models.py writes it) and writes the folder external beside it: net.onnx, all
of whose numbers are in net.data, and each.onnx, which has a file for each tensor.
"""

import pathlib

import onnx
from onnx.external_data_helper import convert_model_to_external_data

MODELS = pathlib.Path(__file__).resolve().parent.parent / "crates/onnx/tests/models"
OUT = MODELS / "external"
OUT.mkdir(exist_ok=True)
for path in OUT.iterdir():
    path.unlink()


def save(name, **way):
    model = onnx.load(MODELS / "dense.onnx")
    convert_model_to_external_data(model, size_threshold=0, convert_attribute=True, **way)
    onnx.save(model, OUT / name)
    onnx.checker.check_model(str(OUT / name))


save("net.onnx", all_tensors_to_one_file=True, location="net.data")
save("each.onnx", all_tensors_to_one_file=False)
for path in sorted(OUT.iterdir()):
    print(path.name, path.stat().st_size)
for tensor in onnx.load(OUT / "net.onnx", load_external_data=False).graph.initializer:
    print(tensor.name, {entry.key: entry.value for entry in tensor.external_data})
