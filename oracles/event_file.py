"""A curve as TensorBoard's own writer writes it; see README.md."""

import json
import pathlib
import tempfile

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

OUTPUT = pathlib.Path(__file__).resolve().parents[1] / "crates/report/tests/oracle"
POINTS = [
    {"step": 7, "values": [["loss/total", 1.25], ["loss/label", 1.5], ["loss/soft", 0.5],
                           ["validation/accuracy", 0.75], ["validation/nll", 0.625]]},
    {"step": 300, "values": [["loss/total", 0.3], ["validation/accuracy", 0.9],
                             ["validation/nll", 0.1], ["validation/agreement", 0.95]]},
]  # fmt: skip


def main():
    with tempfile.NamedTemporaryFile() as file:
        writer = RecordWriter(file)
        writer.write(event_pb2.Event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
        for point in POINTS:
            values = [summary_pb2.Summary.Value(tag=tag, simple_value=value)
                      for tag, value in point["values"]]  # fmt: skip
            summary = summary_pb2.Summary(value=values)
            event = event_pb2.Event(wall_time=0.0, step=point["step"], summary=summary)
            writer.write(event.SerializeToString())
        writer.flush()
        content = pathlib.Path(file.name).read_bytes()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"points": POINTS, "hex": content.hex()})
    (OUTPUT / "event_file.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
