"""Hostile files of the other formats: tar, safetensors, ONNX, Keras, SavedModel, GGUF, JSON, two-in-one files."""

import io
import json
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelfiles.assembler import call, glob, number, pickle4, proto, raw_bytes, short_text, text
from modelfiles.hostile_archives import BAD_PICKLE, GOOD_PICKLE, zipped
from modelfiles.hostile_pickles import BAD, DANGEROUS, NEVER_CLEAN, OS, SYSTEM, Hostile

VECTORS = Path(__file__).parents[1] / "vectors" / "modelfiles"


def vector(name: str) -> bytes:
    """A file that a real library made."""
    return (VECTORS / name).read_bytes()


def tarred(*members: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar file as Python writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def safetensors(header: Any, body: bytes = b"") -> bytes:
    """Eight bytes of length, a header, a body."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + body


def tensor(start: int, end: int, dtype: str = "U8", shape: list[int] | None = None) -> dict[str, Any]:
    return {"dtype": dtype, "shape": [end - start] if shape is None else shape, "data_offsets": [start, end]}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number_: int, value: int | bytes | str) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return varint(number_ << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number_ << 3 | 2) + varint(len(raw)) + raw


def onnx_model(graph: bytes, *more: bytes) -> bytes:
    return field(1, 10) + field(8, field(1, "") + field(2, 21)) + field(7, graph) + b"".join(more)


def external(path: str) -> bytes:
    """An ONNX model whose weights lie in ``path``."""
    weights = (
        field(1, 2) + field(2, 1) + field(8, "w") + field(13, field(1, "location") + field(2, path)) + field(14, 1)
    )
    return onnx_model(field(2, "g") + field(5, weights))


def gguf(template: str, *, tail: bytes = b"", key: str = "tokenizer.chat_template") -> bytes:
    """A GGUF file with one text note and no tensors."""
    body = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
    for raw in (key.encode(), None, template.encode()):
        body += struct.pack("<I", 8) if raw is None else struct.pack("<Q", len(raw)) + raw
    return body + tail


def _gguf_list(depth: int, *texts: str) -> bytes:
    """One whose template is a list of texts within lists."""
    whole = gguf("")[: -8 - 4]
    lists = b""
    for level in range(depth):
        inner, count = (8, len(texts)) if level == depth - 1 else (9, 1)
        lists += struct.pack("<IQ", inner, count)
    raw = [text.encode() for text in texts]
    return whole + struct.pack("<I", 9) + lists + b"".join(struct.pack("<Q", len(one)) + one for one in raw)


def keras_zip(config: Any) -> bytes:
    raw = config if isinstance(config, bytes) else json.dumps(config).encode()
    return zipped(
        ("metadata.json", b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}'),
        ("config.json", raw),
        ("model.weights.h5", vector("keras_plain.weights.h5")),
    )


def layer(kind: str, module: str | None = "keras.layers", /, **config: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"class_name": kind, "config": config, "registered_name": None}
    return made if module is None else {"module": module, **made}


def _function(module: str, name: str) -> dict[str, str]:
    return {"class_name": "function", "config": name, "module": module}


def model(*layers: Any) -> dict[str, Any]:
    return layer("Sequential", "keras", name="m", layers=list(layers))


def hostile_formats() -> dict[str, Hostile]:
    """All of them by name."""
    found: dict[str, Hostile] = {}
    for name, each in (
        *_tars(),
        *_safetensors(),
        *_onnx(),
        *_keras(),
        *_savedmodel(),
        *_templates(),
        *_json(),
        *_two(),
    ):
        assert name not in found, name
        found[name] = each
    return found


def _os(data: bytes) -> Hostile:
    return Hostile(data, DANGEROUS, (SYSTEM,))


def _link(kind: bytes, name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _tars() -> Iterator[tuple[str, Hostile]]:
    one = tarred(("pickle", BAD_PICKLE))
    yield "tar-pickle", _os(one)
    yield "tar-gnu", _os(tarred(("a" * 150, BAD_PICKLE), form=tarfile.GNU_FORMAT))
    yield "tar-pax", _os(tarred(("ü" * 80, BAD_PICKLE), form=tarfile.PAX_FORMAT))
    old = bytearray(one)
    old[257:265] = bytes(8)
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old[:512])
    yield "tar-version-7", _os(bytes(old))
    yield "tar-in-zip", _os(zipped(("a.tar", one)))
    yield "tar-in-tar", _os(tarred(("b.tar", one)))
    yield (
        "tar-torch-legacy",
        _os(
            tarred(
                ("sys_info", GOOD_PICKLE), ("pickle", GOOD_PICKLE), ("tensors", GOOD_PICKLE), ("storages", BAD_PICKLE)
            )
        ),
    )
    good = ("a.pkl", GOOD_PICKLE)
    yield "tar-slip", Hostile(tarred(("../../a.pkl", GOOD_PICKLE)), BAD)
    yield "tar-absolute", Hostile(tarred(("/a.pkl", GOOD_PICKLE)), BAD)
    yield "tar-link", Hostile(tarred(good, _link(tarfile.SYMTYPE, "b", "/etc/passwd")), BAD)
    yield "tar-hard-link", Hostile(tarred(good, _link(tarfile.LNKTYPE, "b", "a.pkl")), BAD)
    yield "tar-device", Hostile(tarred(good, _link(tarfile.CHRTYPE, "b", "")), BAD)
    yield "tar-duplicate", _os(tarred(good, ("a.pkl", BAD_PICKLE)))
    yield "tar-duplicate-harmless", Hostile(tarred(good, ("./a.pkl", GOOD_PICKLE)), BAD)
    yield "tar-cut-short", Hostile(one[:1024], DANGEROUS)
    yield "tar-bytes-after-its-end", Hostile(tarred(good) + BAD_PICKLE, DANGEROUS)
    yield "tar-bytes-in-the-padding", Hostile(tarred(good)[:1000] + b"x" + tarred(good)[1001:], NEVER_CLEAN)
    yield "tar-damaged-checksum", Hostile(_second_damaged(tarred(good, ("b", GOOD_PICKLE))), NEVER_CLEAN)
    yield "tar-sparse", Hostile(tarred(good, _link(b"S", "b", "")), BAD)
    info = tarfile.TarInfo("a.pkl")
    info.pax_headers = {"size": "5"}
    yield "tar-pax-size", Hostile(tarred(info, form=tarfile.PAX_FORMAT), NEVER_CLEAN)


def _second_damaged(data: bytes) -> bytes:
    out = bytearray(data)
    out[1024 + 148] ^= 1
    return bytes(out)


def _safetensors() -> Iterator[tuple[str, Hostile]]:
    good = {"a": tensor(0, 4)}
    yield "safetensors-trailing-pickle", Hostile(safetensors(good, bytes(4) + BAD_PICKLE), DANGEROUS)
    yield "safetensors-overlap", Hostile(safetensors({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)), BAD)
    yield "safetensors-hole", Hostile(safetensors({"a": tensor(0, 4), "b": tensor(6, 8)}, bytes(8)), BAD)
    yield "safetensors-too-short", Hostile(safetensors(good, bytes(2)), BAD)
    yield "safetensors-huge-header", Hostile(struct.pack("<Q", 2**40) + b'{"a":1}' + bytes(64), NEVER_CLEAN)
    yield "safetensors-header-beyond-the-end", Hostile(struct.pack("<Q", 500) + b'{"a":1}', NEVER_CLEAN)
    yield "safetensors-key-twice", Hostile(safetensors(b'{"a":{},"a":{}}'), BAD)
    yield "safetensors-unknown-dtype", Hostile(safetensors({"a": tensor(0, 4, "OBJECT")}, bytes(4)), BAD)
    yield "safetensors-shape-lies", Hostile(safetensors({"a": tensor(0, 4, "F32", [7])}, bytes(4)), BAD)
    yield "safetensors-negative-shape", Hostile(safetensors({"a": tensor(0, 4, "U8", [-4])}, bytes(4)), BAD)
    yield "safetensors-extra-field", Hostile(safetensors({"a": {**tensor(0, 4), "code": "x"}}, bytes(4)), BAD)
    yield "safetensors-metadata-nested", Hostile(safetensors({"__metadata__": {"a": {}}, **good}, bytes(4)), BAD)
    yield "safetensors-not-json", Hostile(safetensors(b"{'a': 1}"), NEVER_CLEAN)
    yield "safetensors-nested", Hostile(safetensors(b'{"a":' * 9_000 + b"1" + b"}" * 9_000), NEVER_CLEAN)


def _onnx() -> Iterator[tuple[str, Hostile]]:
    for name, path in (
        ("absolute", "/etc/passwd"), ("climbing", "../../secret.bin"), ("windows", "C:\\secret"), ("url", "http://x/y"),
        ("hidden-climb", "a/../../b"), ("home", "~/x"), ("backslash", "..\\..\\b"), ("empty", ""),
    ):  # fmt: skip
        yield f"onnx-external-{name}", Hostile(external(path), DANGEROUS)
    yield "onnx-external-beside", Hostile(external("weights.bin"), NEVER_CLEAN)
    node = field(2, "y") + field(4, "PyOp") + field(7, "ai.onnx.contrib")
    yield "onnx-custom-domain", Hostile(onnx_model(field(1, node)), BAD)
    branch = field(4, "If") + field(5, field(1, "then_branch") + field(6, field(1, node)) + field(20, 5))
    yield "onnx-custom-domain-in-a-branch", Hostile(onnx_model(field(1, branch)), BAD)
    function = field(1, "f") + field(7, node) + field(10, "local")
    yield "onnx-custom-domain-in-a-function", Hostile(onnx_model(b"", field(25, function)), BAD)
    called = field(1, field(2, "y") + field(4, "PyOp") + field(7, "local"))
    for about, defined in {
        "another-name": field(1, "Other") + field(10, "local"),
        "another-overload": field(1, "PyOp") + field(10, "local") + field(13, "v2"),
        "a-name-cut-alike": field(1, "PyOp") + field(10, "local") + field(10, "a" * 5_000),
    }.items():
        yield f"onnx-function-of-{about}", Hostile(onnx_model(called, field(25, defined)), NEVER_CLEAN)
    yield "onnx-unknown-field", Hostile(onnx_model(b"", field(90, b"x")), NEVER_CLEAN)
    yield "onnx-trailing-pickle", Hostile(vector("onnx_plain.onnx") + BAD_PICKLE, NEVER_CLEAN)
    yield "onnx-cut-short", Hostile(vector("onnx_plain.onnx")[:-3], NEVER_CLEAN)
    deep = b""
    for _ in range(90):
        deep = field(4, "If") + field(5, field(1, "b") + field(6, field(1, deep)))
    yield "onnx-nests-too-deep", Hostile(onnx_model(field(1, deep)), NEVER_CLEAN)
    yield (
        "onnx-external-in-an-attribute",
        Hostile(
            onnx_model(
                field(1, field(4, "Constant") + field(5, field(5, field(13, field(1, "location") + field(2, "/x")))))
            ),
            DANGEROUS,
        ),
    )


def _keras() -> Iterator[tuple[str, Hostile]]:
    for name in ("keras_lambda.keras", "keras_lambda.h5", "keras_lambda_nested.keras", "keras_lambda_nested.h5"):
        yield name, Hostile(vector(name), DANGEROUS)
    configs: dict[str, tuple[Any, tuple[str, ...]]] = {
        "lambda-old": (model(layer("Lambda", None, function=["4wEA", None, None], function_type="lambda")), DANGEROUS),
        "lambda-renamed": (model(layer("Custom>Lambda")), DANGEROUS),
        "module-hijack": (model(layer("system", "os")), DANGEROUS),
        "module-subprocess": (model(layer("Popen", "subprocess", args="true")), DANGEROUS),
        "module-function": (model(layer("Dense", activation=_function("runpy", "run"))), DANGEROUS),
        "module-of-a-listed-class": (model(layer("Dense", "evil.layers")), DANGEROUS),
        "keras-function": (model(layer("Dense", activation=_function("keras.utils", "get_file"))), BAD),
        "custom-object": (model({**layer("Dense"), "registered_name": "mine>Dense"}), BAD),
        "unknown-layer": (model(layer("Mine", None)), BAD),
        "savedmodel-layer": (model(layer("TFSMLayer", filepath="/x")), DANGEROUS),
        "torch-layer": (model(layer("TorchModuleWrapper", module="UEs=")), DANGEROUS),
        "vocabulary-from-a-file": (model(layer("StringLookup", vocabulary="/etc/passwd")), BAD),
        "nested-lambda": (model(model(model(layer("Lambda")))), DANGEROUS),
        "wrapped-lambda": (model(layer("TimeDistributed", layer=layer("Lambda"))), DANGEROUS),
        "lambda-in-compile": (
            {**model(), "compile_config": {"loss": {"class_name": "__lambda__", "config": {}}}},
            DANGEROUS,
        ),
        "class-name-is-a-list": (model({"class_name": ["Dense"], "config": {}}), BAD),
        "module-alone": (model({"module": "os"}), BAD),
        "deep": (json.loads('{"class_name": "Sequential", "config": ' + "[" * 300 + "]" * 300 + "}"), NEVER_CLEAN),
    }
    for name, (config, verdicts) in configs.items():
        yield f"keras-{name}", Hostile(keras_zip(config), verdicts)
    yield (
        "keras-key-twice",
        Hostile(keras_zip(b'{"class_name": "Dense", "class_name": "Lambda", "config": {}}'), NEVER_CLEAN),
    )
    yield "keras-config-alone", Hostile(json.dumps(model(layer("Lambda"))).encode(), DANGEROUS)
    yield (
        "keras-pickle-among-assets",
        _os(zipped(("config.json", json.dumps(model()).encode()), ("metadata.json", b"{}"), ("assets/a", BAD_PICKLE))),
    )
    h5 = vector("keras_lambda.h5")
    yield "h5-trailing", Hostile(h5 + BAD_PICKLE, NEVER_CLEAN)
    yield "h5-cut-short", Hostile(vector("keras_plain.h5")[:-5], NEVER_CLEAN)
    plain = vector("keras_plain.h5")
    yield "h5-renamed-attribute", Hostile(plain.replace(b"model_config", b"model_confiX"), NEVER_CLEAN)
    yield "h5-class-changed", Hostile(plain.replace(b'"class_name": "Dropout"', b'"class_name": "DropouX"'), BAD)
    yield "h5-later-superblock", Hostile(plain[:8] + b"\x03" + plain[9:], NEVER_CLEAN)


def _savedmodel() -> Iterator[tuple[str, Hostile]]:
    yield "savedmodel-reads", Hostile(vector("savedmodel_reads/saved_model.pb"), DANGEROUS, ("ReadFile",))
    yield "savedmodel-writes", Hostile(vector("savedmodel_writes/saved_model.pb"), DANGEROUS, ("WriteFile",))
    plain = vector("savedmodel_plain/saved_model.pb")
    yield "savedmodel-python", Hostile(plain.replace(b"\x12\x06MatMul", b"\x12\x06PyFunc"), DANGEROUS, ("PyFunc",))
    yield "savedmodel-unknown", Hostile(plain.replace(b"\x12\x06MatMul", b"\x12\x06MyStep"), BAD, ("MyStep",))
    yield "savedmodel-saves", Hostile(plain, NEVER_CLEAN)
    yield "savedmodel-trailing", Hostile(plain + b"\0\0", NEVER_CLEAN)
    yield "savedmodel-asset", Hostile(field(1, 1) + field(2, field(6, field(2, "../../x"))), DANGEROUS)


TEMPLATES = (
    "{{ ''.__class__ }}",
    "{{ x['__class__'] }}",
    "{{ x|attr('__class__') }}",
    "{{ x|attr(y) }}",
    "{% import 'a' as b %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'a' %}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ x['__cla' ~ 'ss__'] }}",
    "{% set k = '__cla' + 'ss__' %}{{ x[k] }}",
    "{% set k = '_' * 2 %}{{ x[k ~ 'class'] }}",
    "{{ '{0.x}'.format(y) }}",
    "{{ messages|map(attribute='__class__')|list }}",
    "{{ lipsum }}",
    "{{ get_secret() }}",
    "{{ x.popen('true') }}",
    "{{ dict(__class__=1) }}",
    "{{ '%c%c' % (95, 95) }}",
    "{{ (raise_exception|string)[10] }}",
    "{{ x[0]() }}",
    "{{ '\\x5f\\x5f' }}",
    "{% for a in x",
    "{{ x|unknown_filter }}",
    "{{ self._TemplateReference__context }}",
    "{{ x.mro() }}",
)


def _templates() -> Iterator[tuple[str, Hostile]]:
    for count, template in enumerate(TEMPLATES):
        yield f"gguf-template-{count}", Hostile(gguf(template), BAD)
    config = {"tokenizer_class": "LlamaTokenizer", "chat_template": TEMPLATES[0]}
    yield "tokenizer-template", Hostile(json.dumps(config).encode(), DANGEROUS)
    several = {"tokenizer_class": "A", "chat_template": [{"name": "tool", "template": TEMPLATES[0]}]}
    yield "tokenizer-templates", Hostile(json.dumps(several).encode(), DANGEROUS)
    for depth in (1, 2):
        yield f"gguf-template-in-a-list-{depth}", Hostile(_gguf_list(depth, TEMPLATES[0]), DANGEROUS)
    yield "gguf-template-in-pieces", Hostile(_gguf_list(1, "{{ x.__cla", "ss__ }}"), DANGEROUS)
    yield "gguf-harmless-template-in-a-list", Hostile(_gguf_list(1, "{{ x }}"), BAD)
    by_name = {"tokenizer_class": "A", "chat_template": {"default": TEMPLATES[0]}}
    yield "tokenizer-templates-by-name", Hostile(json.dumps(by_name).encode(), DANGEROUS)
    for key, value in (("default_prompt", TEMPLATES[0]), ("prompts", {"query": TEMPLATES[0]}), ("bos", [TEMPLATES[0]])):
        hidden = {"tokenizer_class": "A", key: value}
        yield f"tokenizer-template-under-{key}", Hostile(json.dumps(hidden).encode(), DANGEROUS)
    yield "gguf-template-under-another-key", Hostile(gguf(TEMPLATES[0], key="my.prompt"), DANGEROUS)
    yield "gguf-trailing", Hostile(gguf("hello", tail=bytes(64) + BAD_PICKLE), NEVER_CLEAN)
    plain = vector("gguf_plain.gguf")
    yield "gguf-cut-short", Hostile(plain[:-40], NEVER_CLEAN)
    yield "gguf-version-9", Hostile(plain[:4] + b"\x09" + plain[5:], NEVER_CLEAN)
    yield "gguf-many-tensors", Hostile(plain[:8] + b"\xff" * 8 + plain[16:], NEVER_CLEAN)


def _json() -> Iterator[tuple[str, Hostile]]:
    for path in ("../../other.bin", "/etc/x.safetensors", "a\\..\\..\\b.bin", "http://x/y"):
        yield f"index-to-{path}", Hostile(json.dumps({"weight_map": {"w": path}}).encode(), DANGEROUS)
    for about, more in {
        "attention": {"attn_implementation": "evil/kernels"},
        "attention-of-a-part": {"_attn_implementation": {"vision_config": "paged|evil/kernels@main:run"}},
        "experts": {"text_config": {"experts_implementation": "evil/kernels"}},
        "layers": {"kernel_config": {"kernel_mapping": {"RMSNorm": {"cuda": "evil/kernels:Norm"}}}},
    }.items():
        yield f"config-kernels-for-{about}", Hostile(json.dumps({"model_type": "a", **more}).encode(), DANGEROUS)
    yield "index-to-no-file", Hostile(json.dumps({"weight_map": {"w": ["a.bin"]}}).encode(), BAD)
    base = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    for name, more, verdicts in (
        ("auto-map", {"auto_map": {"AutoModel": "modeling_mine.Mine"}}, DANGEROUS),
        ("auto-map-remote", {"auto_map": {"AutoConfig": "someone/repo--configuration.Mine"}}, DANGEROUS),
        ("auto-map-nested", {"text_config": {"auto_map": {"AutoModel": "a.B"}}}, DANGEROUS),
        ("remote-code", {"trust_remote_code": True}, DANGEROUS),
        ("target", {"model": {"_target_": "os.system"}}, DANGEROUS),
        ("custom-pipeline", {"custom_pipelines": {"a": {"impl": "pipe.Mine"}}}, DANGEROUS),
        ("python-file", {"processor": "run.py"}, BAD),
        ("entry-point", {"entry_point": "os.system"}, BAD),
        ("loss-function", {"loss_function": "subprocess.run"}, BAD),
        ("keras-inside", {"head": {"class_name": "Lambda", "config": {}}}, DANGEROUS),
        ("jsonpickle", {"state": {"py/object": "os.system"}}, DANGEROUS),
    ):
        yield f"huggingface-{name}", Hostile(json.dumps({**base, **more}).encode(), verdicts)
    yield "json-unknown", Hostile(b'{"a": 1}', NEVER_CLEAN)
    yield "json-list", Hostile(b'[{"type": "my_package.Module"}]', NEVER_CLEAN)
    yield "json-key-twice", Hostile(b'{"model_type": "a", "model_type": "b"}', NEVER_CLEAN)
    yield "json-deep", Hostile(b'{"model_type": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", NEVER_CLEAN)
    yield "notebook", Hostile(b'{"cells": [], "nbformat": 4}', BAD)
    yield "jsonpickle", Hostile(b'{"py/reduce": [{"py/function": "os.system"}]}', DANGEROUS)
    yield "xgboost-extra-part", Hostile(b'{"learner": {"code": 1}, "version": [3]}', NEVER_CLEAN)
    yield "xgboost-ubj-trailing", Hostile(b"{L" + struct.pack(">q", 7) + b"learner{}}" + BAD_PICKLE, NEVER_CLEAN)
    yield "lightgbm-odd-line", Hostile(b"tree\nversion=v4\nimport os\nend of trees\n", NEVER_CLEAN)
    yield "lightgbm-followed-by-a-pickle", Hostile(b"tree\nversion=v4\n\nend of trees\n\n" + BAD_PICKLE, DANGEROUS)


def _two() -> Iterator[tuple[str, Hostile]]:
    """Files that are one thing at their start and another elsewhere."""
    archive = zipped(("data.pkl", BAD_PICKLE))
    yield "safetensors-and-zip", Hostile(safetensors({"a": tensor(0, len(archive))}, archive), BAD)
    yield "pickle-and-zip", Hostile(proto(3) + raw_bytes(archive) + b".", BAD)
    yield "npy-and-zip", Hostile(_npy_around(archive), BAD)
    yield "pickle-and-tar", Hostile(_pickle_around_tar(), BAD)
    yield "safetensors-and-hdf5", Hostile(_safetensors_around_hdf5(), BAD)
    yield (
        "pickle-named-bytes",
        _os(proto(2) + text("harmless") + b"0" + call(glob("os", "system"), text("true")) + b"."),
    )
    yield "safetensors-starting-as-a-pickle", Hostile(_safetensors_as_global(), BAD)
    yield "elf", Hostile(b"\x7fELF" + bytes(60), BAD)
    yield "script", Hostile(b"#!/bin/sh\ntrue\n", BAD)
    yield "windows-program", Hostile(b"MZ" + bytes(60), BAD)
    for name, start in (
        ("7z", b"7z\xbc\xaf\x27\x1c"),
        ("catboost", b"CBM1"),
        ("pmml", b"<?xml version='1.0'?><PMML/>"),
        ("rar", b"Rar!\x1a\x07"),
    ):
        yield name, Hostile(start + bytes(30), NEVER_CLEAN)
    schema = b'{"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"}'
    yield "skops", Hostile(zipped(("schema.json", schema)), NEVER_CLEAN)
    yield "number-then-call", _os(pickle4(number(1) + b"0" + OS + short_text("x")))


def _npy_around(inner: bytes) -> bytes:
    from modelfiles.hostile_archives import npy

    return npy(inner, descr="'|u1'", shape=f"({len(inner)},)")


def _pickle_around_tar() -> bytes:
    """A pickle whose first 512 bytes are, by their checksum, a tar header of the old form."""
    body = tarred(("pickle", BAD_PICKLE))
    head = bytearray(proto(3) + b"B" + struct.pack("<L", len(body) - 7) + body[7:512])
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + body[512:] + b"."


def _safetensors_around_hdf5() -> bytes:
    header = json.dumps({"a": tensor(0, 4096 - 512)}).encode()
    header += b" " * (512 - 8 - len(header))
    return struct.pack("<Q", len(header)) + header + vector("keras_plain.h5")[: 4096 - 512]


def _safetensors_as_global() -> bytes:
    """Its length begins with the letter of GLOBAL; a module name may not hold a NUL, so all must be text."""
    return b"cos\nsystem{" + b" " * 64
