"""The formats beyond pickles: each attack is found, what the libraries write is read to its last byte."""

import gzip
import json
import sys
import tarfile
from pathlib import Path

import pytest

from modelfiles.assembler import read
from modelfiles.hostile_archives import GOOD_PICKLE, hostile_archives, zipped
from modelfiles.hostile_formats import (
    TEMPLATES,
    gguf,
    hostile_formats,
    keras_zip,
    layer,
    model,
    onnx_model,
    safetensors,
    tarred,
    tensor,
    vector,
)
from modelfiles.hostile_pickles import hostile_pickles
from upright.modelfiles import Verdict

HOSTILE = hostile_formats()
VECTORS = Path(__file__).parents[1] / "vectors" / "modelfiles"
CLEAN = {
    "torch_legacy.pt": "torch-stream",
    "torch_checkpoint_legacy.pt": "torch-stream",
    "torch_shared_legacy.pt": "torch-stream",
    "keras_plain.keras": "keras",
    "keras_nested.keras": "keras",
    "keras_image.keras": "keras",
    "keras_plain.h5": "keras-h5",
    "keras_nested.h5": "keras-h5",
    "keras_image.h5": "keras-h5",
    "keras_plain.weights.h5": "keras-h5",
    "onnx_plain.onnx": "onnx",
    "plain.safetensors": "safetensors",
    "gguf_plain.gguf": "gguf",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_found(name: str) -> None:
    each = HOSTILE[name]
    found = read(each.data)
    assert found.verdict.value in each.verdicts, found
    assert set(each.names) <= found.globals, found
    assert found.detections


def test_the_whole_corpus_is_large_and_all_different() -> None:
    pickles, archives = hostile_pickles(), hostile_archives()
    whole = {**pickles, **archives, **HOSTILE}
    assert len({each.data for each in whole.values()}) == len(whole) == len(pickles) + len(archives) + len(HOSTILE)
    assert len(whole) > 400


@pytest.mark.parametrize("name", CLEAN)
def test_files_of_the_real_libraries_are_clean(name: str) -> None:
    found = read(vector(name))
    assert (found.verdict, found.format) == (Verdict.CLEAN, CLEAN[name]), found


@pytest.mark.parametrize("name", CLEAN)
def test_no_byte_may_be_added_or_lost(name: str) -> None:
    data = vector(name)
    assert read(data + b"\x01").verdict is not Verdict.CLEAN
    assert read(data + bytes(1_000)).verdict is not Verdict.CLEAN
    assert read(data[: -40 if name.endswith("gguf") else -1]).verdict is not Verdict.CLEAN  # GGUF ends in padding
    assert read(b"\n" + data).verdict is not Verdict.CLEAN


def test_torchscript_is_code_and_one_that_reads_files_is_dangerous() -> None:
    data = vector("torch_script.pt")
    found = read(data)
    assert found.verdict is Verdict.SUSPICIOUS
    assert "TorchScript" in found.words
    code = b"def forward(self):\n  return ops.aten.from_file('/etc/passwd')\n"
    hostile = zipped(("m/data.pkl", GOOD_PICKLE), ("m/code/__torch__.py", code))
    assert read(hostile).verdict is Verdict.DANGEROUS


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_clean_files_are_clean(form: int) -> None:
    folder = tarfile.TarInfo("folder")
    folder.type = tarfile.DIRTYPE
    data = tarred(folder, ("folder/a.pkl", GOOD_PICKLE), ("long/" * 30 + "b.pkl", GOOD_PICKLE), form=form)
    assert (read(data).verdict, read(data).format) == (Verdict.CLEAN, "tar"), read(data)
    assert read(gzip.compress(data)).verdict is Verdict.CLEAN


def test_safetensors_by_hand_are_clean() -> None:
    header = {"a": tensor(0, 8, "F32", [2]), "b": tensor(8, 8, "F16", [0]), "__metadata__": {"format": "pt"}}
    assert read(safetensors(header, bytes(8))).verdict is Verdict.CLEAN
    assert read(safetensors({}, b"")).verdict is Verdict.CLEAN
    assert read(safetensors(json.dumps(header).encode() + b"   ", bytes(8))).verdict is Verdict.CLEAN


def test_an_onnx_function_of_the_model_itself_is_no_custom_operator() -> None:
    from modelfiles.hostile_formats import field

    node = field(2, "y") + field(4, "f") + field(7, "local")
    function = field(1, "f") + field(7, field(4, "Relu")) + field(10, "local")
    assert read(onnx_model(field(1, node), field(25, function))).verdict is Verdict.CLEAN
    assert read(onnx_model(field(1, node))).verdict is Verdict.SUSPICIOUS


def test_keras_configurations_of_listed_classes_are_clean() -> None:
    activation = {"class_name": "function", "config": "relu", "module": "keras.activations"}
    found = read(keras_zip(model(layer("Dense", units=1, activation=activation), layer("Dropout", rate=0.1))))
    assert (found.verdict, found.format) == (Verdict.CLEAN, "keras"), found


def test_marks_of_templates_in_words_and_tokens_are_no_template() -> None:
    marks = {"tokenizer_class": "A", "added_tokens": [{"content": "{%"}, {"content": "{{"}], "note": "use {{ name }}"}
    assert read(json.dumps(marks).encode()).verdict is Verdict.CLEAN


def test_templates_as_models_carry_them_are_clean() -> None:
    for template in (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] }}{% endfor %}",
        "{%- if messages[0].role == 'system' %}{{ messages[0].content|trim }}{%- endif %}",
        "{%- set messages = messages[1:] %}{{ messages[loop.index0 - 1]['role'] }}",
        "{%- set ns = namespace(found=false) %}{%- for m in messages[::-1] %}{%- set ns.found = true %}{%- endfor %}",
        "{{ raise_exception('no') }}{{ strftime_now('%d') }}",
        "{% macro one(x) %}{{ x|tojson(indent=2) }}{% endmacro %}{{ one(tools) }}",
        "{% if m.content is string and 'a' in m.content.split('b')[-1].lstrip('\n') %}yes{% endif %}",
        "{% generation %}x{% endgeneration %}",
    ):
        found = read(gguf(template))
        assert found.verdict is Verdict.CLEAN, (template, found)
    assert len(TEMPLATES) > 20


BENIGN_TEMPLATES = (
    "{{ bos_token }}{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}",
    "{%- if tools %}{{ tools|tojson }}{% endif %}\n",
    "{# One turn each #}\n{{ messages[0].content }}",
    "{#- Français -#}{{ messages[0].content|trim }}",
    "\n  {{ messages[0].content }}",
)


@pytest.mark.parametrize("template", BENIGN_TEMPLATES)
def test_a_file_that_is_a_chat_template_is_read_as_one(template: str) -> None:
    for name in ("chat_template.jinja", "prompt", "x.json"):
        found = read(template.encode(), name=name)
        assert (found.verdict, found.format) == (Verdict.CLEAN, "chat-template"), found
    hostile = read((template + "{{ cycler.__init__.__globals__.os.popen('id').read() }}").encode())
    assert hostile.verdict is Verdict.DANGEROUS
    assert read(template.encode() + b"\xff").verdict is Verdict.NOT_EXAMINED
    assert read(template.encode() + b"\x00").verdict is Verdict.NOT_EXAMINED
    assert "longer" in read(template.encode() + b" " * 1_000_001).words


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_hostile_template_in_a_file_of_its_own_is_not_clean(template: str) -> None:
    for text, name in ((template, ""), (f"You are helpful. {template}", "chat_template.jinja")):
        assert read(text.encode(), name=name).verdict in {Verdict.DANGEROUS, Verdict.SUSPICIOUS}, text


def test_words_are_a_template_only_by_name_and_never_instead_of_a_pickle() -> None:
    for words in ("You are {{ name }}.", "System: {{ system }}", "<|im_start|>{{ x }}", "\ufeffHello {{ x }}"):
        assert read(words.encode(), name="a.jinja").verdict is Verdict.CLEAN, words
        assert read(words.encode(), name="a.txt").verdict is not Verdict.CLEAN, words
    for text in (b"cos\nsystem\n(S'id'\ntR.", b"cos\nsystem\n(S'id'\ntR and {{ x }}"):
        assert read(text, name="a.jinja").verdict is Verdict.DANGEROUS
    listed = b"(lp0\ncdatetime\ndate\n(I1\ntRa."
    assert read(listed, name="a.jinja").format == read(listed).format == "pickle"


def test_configurations_of_a_hub_folder_are_clean() -> None:
    for name, document in {
        "huggingface-config": {
            "model_type": "llama",
            "_attn_implementation": "flash_attention_2",
            "conv_kernel": [10, 3],
        },
        "huggingface-tokenizer": {"tokenizer_class": "LlamaTokenizer", "chat_template": "{{ messages[0]['content'] }}"},
        "huggingface-index": {
            "weight_map": {"lm_head.weight": "model-00001.safetensors"},
            "metadata": {"total_size": 1},
        },
        "huggingface-generation": {"bos_token_id": 1, "transformers_version": "5.1.0"},
    }.items():
        found = read(json.dumps(document, indent=1).encode())
        assert (found.verdict, found.format) == (Verdict.CLEAN, name), found


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("train.py", "suspicious"),
        ("numpy.py", "dangerous"),
        ("torch/__init__.py", "dangerous"),
        ("a.ipynb", "suspicious"),
        ("x.so", "suspicious"),
        ("modeling_mine.py", "suspicious"),
        ("a.pyc", "suspicious"),
        ("model.pkl", "clean"),
    ],
)
def test_a_file_that_is_code_by_its_name_is_not_clean(name: str, verdict: str) -> None:
    assert read(GOOD_PICKLE, name=name).verdict.value == verdict
    assert read(zipped((name, GOOD_PICKLE))).verdict.value == verdict


def framed(data: bytes, codec: str) -> bytes:
    """As pyarrow compresses to a stream."""
    import pyarrow as pa

    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, codec) as stream:
        stream.write(data)
    return out.getvalue().to_pybytes()


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_framed_compression_is_read_to_its_end(codec: str) -> None:
    data, hostile = framed(GOOD_PICKLE * 40, codec), framed(b"cos\nsystem\n(tR.", codec)
    assert (read(data).verdict, read(data).format) == (Verdict.CLEAN, f"pickle+{codec}"), read(data)
    assert read(data + b"x").verdict is Verdict.NOT_EXAMINED
    assert read(data[:-3]).verdict is not Verdict.CLEAN
    assert read(hostile).verdict is Verdict.DANGEROUS
    assert read(data + hostile).verdict is not Verdict.CLEAN


def test_a_missing_decompressor_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = framed(GOOD_PICKLE, "lz4")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = read(data)
    assert found.verdict is Verdict.NOT_EXAMINED
    assert "lz4" in found.words
