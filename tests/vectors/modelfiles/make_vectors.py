"""Makes the small model files beside it with the real libraries; run once per library, in an environment that has it.

    pip install torch==2.13.0 keras==3.15.1 onnx==1.23.2 safetensors==0.8.0 gguf==0.19.0
    KERAS_BACKEND=torch python make_vectors.py torch keras onnx safetensors gguf
    pip install tensorflow-cpu==2.21.0 && python make_vectors.py tensorflow

These libraries are too big to be test dependencies. `made.json` says which version made what.
"""

import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def with_torch() -> list[str]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    state = net.state_dict()
    tied = {"a": state["0.weight"], "b": state["0.weight"].t(), "c": state["0.weight"][1:]}
    kinds = {
        str(kind).partition(".")[2]: torch.ones(2, dtype=kind)
        for kind in (torch.float16, torch.bfloat16, torch.int8, torch.int64, torch.bool, torch.complex64, torch.uint8)
    }
    training = {"model": state, "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.5, "names": ["a", "b"]}
    torch.save(state, HERE / "torch_state_dict.pt")
    torch.save(state, HERE / "torch_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(training, HERE / "torch_checkpoint.pt")
    torch.save(training, HERE / "torch_checkpoint_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(tied, HERE / "torch_shared.pt")
    torch.save(tied, HERE / "torch_shared_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(kinds, HERE / "torch_kinds.pt")
    torch.save(nn.Parameter(torch.ones(2)), HERE / "torch_parameter.pt")
    torch.save(net, HERE / "torch_whole_module.pt")
    newer = (torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2)
    torch.save({str(kind): torch.ones(2).to(kind) for kind in newer}, HERE / "torch_newer_kinds.pt")
    whole = {str(kind): torch.quantize_per_tensor(torch.ones(3), 0.1, 2, kind) for kind in (torch.qint8, torch.quint8)}
    torch.save(whole, HERE / "torch_quantized.pt")
    torch.save({"a": torch.eye(2).to_sparse()}, HERE / "torch_sparse.pt")
    torch.jit.script(nn.Linear(2, 1)).save(str(HERE / "torch_script.pt"))
    return ["torch"]


def with_keras() -> list[str]:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    plain = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.1), layers.Dense(1)]
    )
    plain.compile("adam", "mse")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="inner")
    given = keras.Input((4,))
    nested = keras.Model(
        given, layers.Dense(1)(layers.Concatenate()([inner(given), layers.BatchNormalization()(given)]))
    )
    image = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
    )
    same = eval(compile("lambda x: x", "vector", "eval"))  # so that no path of this machine is in the file
    hidden = keras.Sequential([keras.Input((4,)), layers.Lambda(same)], name="hidden")
    given = keras.Input((4,))
    outer = keras.Model(given, layers.Dense(1)(hidden(given)))
    for name, model in (("plain", plain), ("nested", nested), ("image", image)):
        model.save(HERE / f"keras_{name}.keras")
        model.save(HERE / f"keras_{name}.h5")
    plain.save_weights(HERE / "keras_plain.weights.h5")
    for name, model in (("lambda", hidden), ("lambda_nested", outer)):
        model.save(HERE / f"keras_{name}.keras")
        model.save(HERE / f"keras_{name}.h5")
    return ["keras", "h5py"]


def with_tensorflow() -> list[str]:
    import tensorflow as tf

    class Plain(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable([[1.0], [2.0]])

        @tf.function(input_signature=[tf.TensorSpec([None, 2])])
        def __call__(self, x):
            return tf.matmul(x, self.w)

    class Reads(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def __call__(self, name):
            return tf.io.read_file(name)

    class Writes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def __call__(self, name):
            tf.io.write_file(name, "nothing")
            return name

    for name, module in (("plain", Plain()), ("reads", Reads()), ("writes", Writes())):
        folder = HERE / f"savedmodel_{name}"
        shutil.rmtree(folder, ignore_errors=True)
        tf.saved_model.save(module, str(folder))
    return ["tensorflow-cpu"]


def with_onnx() -> list[str]:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((2, 1), np.float32), "w")
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Sigmoid", ["m"], ["y"])]
    model = helper.make_model(helper.make_graph(nodes, "plain", [given], [out], [weights]))
    onnx.save(model, HERE / "onnx_plain.onnx")
    onnx.save(
        model, HERE / "onnx_external.onnx", save_as_external_data=True, location="onnx_external.bin", size_threshold=0
    )
    (HERE / "onnx_external.bin").unlink()
    custom = [helper.make_node("Anything", ["x"], ["y"], domain="com.example.custom")]
    odd = helper.make_model(
        helper.make_graph(custom, "custom", [given], [out]),
        opset_imports=[helper.make_opsetid("com.example.custom", 1)],
    )
    onnx.save(odd, HERE / "onnx_custom_domain.onnx")
    return ["onnx"]


def with_safetensors() -> list[str]:
    import numpy as np
    from safetensors.numpy import save_file

    save_file(
        {"a": np.ones((2, 3), np.float32), "b": np.arange(4)}, HERE / "plain.safetensors", metadata={"format": "pt"}
    )
    return ["safetensors"]


def with_gguf() -> list[str]:
    import gguf
    import numpy as np

    template = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"
    hostile = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    for name, text in (("plain", template), ("template_injection", hostile)):
        writer = gguf.GGUFWriter(HERE / f"gguf_{name}.gguf", "llama")
        writer.add_context_length(8)
        writer.add_chat_template(text)
        writer.add_token_list(["a", "b"])
        writer.add_tensor("w", np.ones((2, 4), np.float32))
        writer.add_tensor("v", np.ones(3, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return ["gguf"]


def main() -> None:
    note = HERE / "made.json"
    made = json.loads(note.read_text()) if note.exists() else {}
    for name in sys.argv[1:]:
        used = globals()[f"with_{name}"]()
        made[name] = {package: importlib.metadata.version(package) for package in used}
    note.write_text(json.dumps(made, indent=1, sort_keys=True) + os.linesep)


if __name__ == "__main__":
    main()
