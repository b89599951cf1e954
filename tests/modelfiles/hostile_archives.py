"""Hostile files of the formats that hold pickles: joblib, npy, npz, zip, torch, compressed."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator

import joblib
import numpy as np

from modelfiles.assembler import call, pickle4, proto, raw_bytes, short_text, stack_glob, text
from modelfiles.hostile_pickles import BAD, DANGEROUS, NEVER_CLEAN, OS, SYSTEM, Hostile

BAD_PICKLE = pickle4(OS)
GOOD_PICKLE = pickle.dumps([1, 2], 4)
COMPRESSIONS = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


def npy(body: bytes, *, descr: str = "'|O'", shape: str = "(1,)", version: int = 1) -> bytes:
    """An .npy file with a header of our choice."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<L", len(header)) + header + body


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file as Python writes it; the same name may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def torch_zip(pickled: bytes, *more: tuple[str, bytes]) -> bytes:
    """Torch's layout of an archive."""
    return zipped(("m/data.pkl", pickled), ("m/byteorder", b"little"), ("m/version", b"3\n"), *more)


def joblib_array(shape: tuple[int, ...], dtype: bytes, body: bytes, *, aligned: bool = True) -> bytes:
    """A joblib place-holder and the bytes after it."""
    fields = short_text("subclass") + stack_glob("numpy", "ndarray") + short_text("shape") + _ints(shape)
    fields += short_text("order") + short_text("C") + short_text("dtype") + dtype + short_text("allow_mmap") + b"\x88"
    fields += short_text("numpy_array_alignment_bytes") + (b"K\x10" if aligned else b"N")
    return stack_glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + fields + b"ub" + body


def _ints(shape: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", n) for n in shape) + b"t"


def dtype(code: str) -> bytes:
    return call(stack_glob("numpy", "dtype"), short_text(code), b"\x89", b"\x88")


def hostile_archives() -> dict[str, Hostile]:
    """All of them by name."""
    found: dict[str, Hostile] = {}
    for name, each in (*_joblib(), *_compressed(), *_numpy(), *_zips(), *_torch()):
        assert name not in found, name
        found[name] = each
    return found


def _os(data: bytes) -> Hostile:
    return Hostile(data, DANGEROUS, (SYSTEM,))


def _joblib() -> Iterator[tuple[str, Hostile]]:
    eight = joblib_array((8,), dtype("u1"), b"\x03\xff\xff\xff" + bytes(8))
    yield "joblib-call-after-an-array", _os(proto(4) + b"(" + eight + OS + b"t.")
    yield "joblib-call-within-objects", _os(proto(4) + joblib_array((1,), dtype("O"), BAD_PICKLE) + b".")
    plain = joblib_array((len(BAD_PICKLE),), dtype("u1"), BAD_PICKLE[2:] + b"ab", aligned=False)
    yield "joblib-bytes-that-plain-pickle-runs", _os(proto(4) + plain + b".")
    short = joblib_array((10,), dtype("u1"), b"cos\nsystem.", aligned=False)
    yield "joblib-bytes-that-name-at-the-end", _os(proto(4) + short)
    yield "joblib-array-too-short", Hostile(proto(4) + joblib_array((9,), dtype("f8"), bytes(8)) + b".", NEVER_CLEAN)
    yield (
        "joblib-size-overflow",
        Hostile(proto(4) + joblib_array((2**31 - 1,) * 3, dtype("f8"), bytes(8)) + OS + b".", NEVER_CLEAN),
    )
    yield (
        "joblib-padding-hides-a-call",
        _os(proto(4) + joblib_array((1,), dtype("u1"), bytes([len(OS)]) + OS + b"\0", aligned=True) + OS + b"."),
    )
    out = io.BytesIO()
    joblib.dump([np.arange(5.0), "name"], out)
    yield "joblib-followed-by-a-pickle", _os(out.getvalue() + BAD_PICKLE)
    yield (
        "joblib-of-another-class",
        Hostile(proto(4) + eight.replace(b"\x8c\x05numpy\x8c\x07ndarray", b"\x8c\x05numpy\x8c\x06memmap") + b".", BAD),
    )
    yield "joblib-zfile", Hostile(b"ZF0x" + b"0" * 18 + zlib.compress(BAD_PICKLE), NEVER_CLEAN)


def _compressed() -> Iterator[tuple[str, Hostile]]:
    for how, compress in COMPRESSIONS.items():
        whole = compress(BAD_PICKLE)
        yield f"{how}-pickle", _os(whole)
        yield f"{how}-twice", _os(compress(whole))
        yield f"{how}-cut-short", Hostile(whole[:-3], NEVER_CLEAN)
        yield f"{how}-followed-by-a-pickle", Hostile(compress(GOOD_PICKLE) + BAD_PICKLE, DANGEROUS)
        yield f"{how}-two-streams", Hostile(compress(GOOD_PICKLE) + whole, NEVER_CLEAN)
        yield f"{how}-six-deep", Hostile(_deep(BAD_PICKLE, compress, 7), NEVER_CLEAN)
    yield "gzip-bad-checksum", Hostile(gzip.compress(GOOD_PICKLE)[:-8] + bytes(8), NEVER_CLEAN)
    yield "gzip-bad-checksum-hostile", _os(gzip.compress(BAD_PICKLE)[:-8] + bytes(8))
    yield "gzip-bomb", Hostile(gzip.compress(bytes(68_000_000), 9), NEVER_CLEAN)
    yield "gzip-broken-pickle", _os(gzip.compress(proto(4) + OS))
    yield "lzma-as-a-list", Hostile(b"]\0" + BAD_PICKLE, NEVER_CLEAN)


def _deep(data: bytes, compress: object, depth: int) -> bytes:
    for _ in range(depth):
        data = compress(data)  # type: ignore[operator]
    return data


def _numpy() -> Iterator[tuple[str, Hostile]]:
    for version in (1, 2, 3):
        yield f"npy-objects-version-{version}", _os(npy(BAD_PICKLE, version=version))
    yield "npy-second-pickle", _os(npy(GOOD_PICKLE + BAD_PICKLE))
    yield "npy-structured-with-objects", _os(npy(BAD_PICKLE, descr="[('a', '<f8'), ('b', '|O')]"))
    yield "npy-nested-objects", _os(npy(BAD_PICKLE, descr="[('a', [('b', 'O')])]"))
    yield "npy-trailing-pickle", _os(npy(bytes(8) + BAD_PICKLE, descr="'<f8'"))
    yield "npy-too-short", Hostile(npy(bytes(4), descr="'<f8'"), NEVER_CLEAN)
    yield "npy-header-is-code", Hostile(npy(bytes(8), descr="__import__('os').system('true')"), NEVER_CLEAN)
    yield "npy-header-nests", Hostile(npy(bytes(8), descr="(" * 3000 + ")" * 3000), NEVER_CLEAN)
    yield "npy-header-is-huge", Hostile(npy(bytes(8), descr="'<f8'" + " " * 20_000), NEVER_CLEAN)
    yield "npy-version-9", Hostile(npy(BAD_PICKLE, version=9), NEVER_CLEAN)
    yield "npy-shape-overflows", Hostile(npy(BAD_PICKLE, descr="'<f8'", shape=f"({2**62}, {2**62})"), NEVER_CLEAN)
    yield "npy-negative-shape", Hostile(npy(BAD_PICKLE, descr="'<f8'", shape="(-1,)"), NEVER_CLEAN)
    yield "npy-magic-in-front-of-a-pickle", Hostile(b"\x93NUMPY" + BAD_PICKLE, NEVER_CLEAN)
    yield "npz-objects", _os(zipped(("a.npy", npy(BAD_PICKLE))))
    yield "npz-second-member", _os(zipped(("a.npy", npy(bytes(8), descr="'<f8'")), ("b.npy", npy(BAD_PICKLE))))
    yield "npz-deflated", _os(zipped(("a.npy", npy(BAD_PICKLE)), method=zipfile.ZIP_DEFLATED))
    yield "npz-pickle-named-npy", _os(zipped(("a.npy", BAD_PICKLE)))


def _zips() -> Iterator[tuple[str, Hostile]]:
    one = zipped(("data.pkl", BAD_PICKLE))
    yield "zip-pickle", _os(one)
    yield "zip-deflated", _os(zipped(("data.pkl", BAD_PICKLE), method=zipfile.ZIP_DEFLATED))
    yield "zip-bzip2", Hostile(zipped(("data.pkl", BAD_PICKLE), method=zipfile.ZIP_BZIP2), NEVER_CLEAN)
    yield "zip-lzma", Hostile(zipped(("data.pkl", BAD_PICKLE), method=zipfile.ZIP_LZMA), NEVER_CLEAN)
    yield "zip-named-txt", _os(zipped(("readme.txt", BAD_PICKLE)))
    yield "zip-in-zip", _os(zipped(("inner.bin", one)))
    yield "zip-in-gzip", _os(gzip.compress(one))
    yield "gzip-in-zip", _os(zipped(("a.txt", gzip.compress(BAD_PICKLE))))
    yield "zip-seven-deep", Hostile(_deep(BAD_PICKLE, lambda data: zipped(("a", data)), 7), NEVER_CLEAN)
    yield "zip-duplicate-names", _os(_quiet((("a.pkl", GOOD_PICKLE), ("a.pkl", BAD_PICKLE))))
    yield "zip-duplicate-harmless", Hostile(_quiet((("a.pkl", GOOD_PICKLE), ("a.pkl", GOOD_PICKLE))), BAD)
    yield "zip-names-differ-in-case", Hostile(zipped(("A.pkl", GOOD_PICKLE), ("a.pkl", GOOD_PICKLE)), BAD)
    yield "zip-slip", Hostile(zipped(("../../a.pkl", GOOD_PICKLE)), BAD)
    yield "zip-absolute", Hostile(zipped(("/a.pkl", GOOD_PICKLE)), BAD)
    yield "zip-backslash", Hostile(zipped(("a\\b.pkl", GOOD_PICKLE)).replace(b"a/b", b"a\\b"), BAD)
    yield "zip-no-entries", Hostile(zipped(), NEVER_CLEAN)
    yield "zip-cut-short", Hostile(one[:-10], DANGEROUS)
    yield "zip-without-directory", Hostile(one[: one.index(b"PK\x01\x02")], DANGEROUS)
    yield "zip-followed-by-a-pickle", Hostile(zipped(("a.pkl", GOOD_PICKLE)) + BAD_PICKLE, DANGEROUS)
    yield "zip-behind-junk", Hostile(b"junk" + one, NEVER_CLEAN)
    yield "zip-behind-a-pickle", Hostile(GOOD_PICKLE + one, NEVER_CLEAN)
    yield "zip-with-a-comment", Hostile(_comment(one, b"hello"), NEVER_CLEAN)
    yield "zip-bad-checksum", Hostile(_patched(zipped(("a.pkl", GOOD_PICKLE)), crc=1), BAD)
    yield "zip-bad-checksum-hostile", _os(_patched(one, crc=1))
    yield "zip-encrypted-flag", _os(_patched(one, flags=1))
    yield "zip-encrypted-flag-local-only", Hostile(_patched(one, flags=1, central=False), BAD)
    yield "zip-strong-encryption-flag", Hostile(_patched(zipped(("a.pkl", GOOD_PICKLE)), flags=0x40), BAD)
    yield "zip-patch-flag", Hostile(_patched(zipped(("a.pkl", GOOD_PICKLE)), flags=0x20), BAD)
    yield "zip-names-disagree", Hostile(one.replace(b"data.pkl", b"data.txt", 1), BAD)
    yield "zip-sizes-disagree", Hostile(_patched(zipped(("a.pkl", GOOD_PICKLE)), size=3, central=False), NEVER_CLEAN)
    yield (
        "zip-method-disagrees",
        Hostile(_patched(zipped(("a.pkl", GOOD_PICKLE)), method=8, central=False), NEVER_CLEAN),
    )
    yield "zip-deflate-bomb", Hostile(zipped(("a", bytes(68_000_000)), method=zipfile.ZIP_DEFLATED), NEVER_CLEAN)
    yield "zip-data-between-entries", Hostile(_between(BAD_PICKLE), DANGEROUS)
    yield "zip-overlapping-entries", Hostile(_overlapping(), NEVER_CLEAN)
    yield "zip-entry-hidden-from-directory", Hostile(_hidden(), NEVER_CLEAN)


def _quiet(members: tuple[tuple[str, bytes], ...]) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zipped(*members)


def _comment(data: bytes, comment: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def _patched(
    data: bytes,
    *,
    crc: int | None = None,
    flags: int = 0,
    size: int | None = None,
    method: int | None = None,
    central: bool = True,
) -> bytes:
    """Changes fields of the first entry, before its data and, with ``central``, in the directory too."""
    out = bytearray(data)
    places = [(0, 6, 8, 14, 18)]
    if central:
        at = data.index(b"PK\x01\x02")
        places.append((at, 8, 10, 16, 20))
    for at, flags_at, method_at, crc_at, size_at in places:
        out[at + flags_at] |= flags
        if method is not None:
            out[at + method_at] = method
        if crc is not None:
            out[at + crc_at : at + crc_at + 4] = struct.pack("<L", crc)
        if size is not None:
            out[at + size_at : at + size_at + 8] = struct.pack("<LL", size, size)
    return bytes(out)


def _between(data: bytes) -> bytes:
    """Bytes before the directory that belong to no entry."""
    whole = zipped(("a.pkl", GOOD_PICKLE))
    at = whole.index(b"PK\x01\x02")
    out = bytearray(whole[:at] + data + whole[at:])
    out[-6:-2] = struct.pack("<L", at + len(data))
    return bytes(out)


def _overlapping() -> bytes:
    whole = zipped(("a.pkl", GOOD_PICKLE), ("b.pkl", BAD_PICKLE))
    second = whole.rindex(b"PK\x01\x02")
    out = bytearray(whole)
    out[second + 42 : second + 46] = bytes(4)
    return bytes(out)


def _hidden() -> bytes:
    """Two entries before a directory that lists only the first."""
    both, first = zipped(("a.pkl", GOOD_PICKLE), ("b.pkl", BAD_PICKLE)), zipped(("a.pkl", GOOD_PICKLE))
    at, own = both.index(b"PK\x01\x02"), first.index(b"PK\x01\x02")
    out = bytearray(both[:at] + first[own:])
    out[-6:-2] = struct.pack("<L", at)
    return bytes(out)


def _torch() -> Iterator[tuple[str, Hostile]]:
    storage = b"(" + short_text("storage") + stack_glob("torch", "FloatStorage") + short_text("0") + short_text("cpu")
    tensor = call(
        stack_glob("torch._utils", "_rebuild_tensor_v2"),
        storage + b"K\x04tQ",
        b"K\0",
        b"K\x04\x85",
        b"K\x01\x85",
        b"\x89",
        stack_glob("collections", "OrderedDict") + b")R",
    )
    data = ("m/data/0", bytes(16))
    yield "torch-call", _os(torch_zip(BAD_PICKLE, data))
    yield "torch-deflated", _os(zipped(("m/data.pkl", BAD_PICKLE), ("m/version", b"3"), method=zipfile.ZIP_DEFLATED))
    yield "torch-after-a-tensor", _os(torch_zip(pickle4(b"(" + tensor + OS + b"t"), data))
    yield "torch-missing-storage", Hostile(torch_zip(pickle4(tensor)), BAD)
    yield "torch-storage-too-small", Hostile(torch_zip(pickle4(tensor), ("m/data/0", bytes(8))), BAD)
    yield (
        "torch-storage-of-unlisted-type",
        _os(torch_zip(pickle4(tensor.replace(stack_glob("torch", "FloatStorage"), stack_glob("os", "system"))), data)),
    )
    yield "torch-two-roots", Hostile(zipped(("a/data.pkl", GOOD_PICKLE), ("b/data.pkl", BAD_PICKLE)), DANGEROUS)
    yield "torch-two-pickles", _os(torch_zip(GOOD_PICKLE + BAD_PICKLE, data))
    yield (
        "torch-pickle-in-version",
        Hostile(zipped(("m/data.pkl", GOOD_PICKLE), ("m/version", BAD_PICKLE)), NEVER_CLEAN),
    )
    yield (
        "torch-script-code",
        Hostile(torch_zip(GOOD_PICKLE, ("m/code/__torch__.py", b"def forward(self):\n  return 1\n")), NEVER_CLEAN),
    )
    yield "torch-constants", Hostile(torch_zip(GOOD_PICKLE, ("m/constants.pkl", BAD_PICKLE)), DANGEROUS)
    yield "torch-extra-file", Hostile(torch_zip(GOOD_PICKLE, ("m/extra/run.py", b"import os\n")), NEVER_CLEAN)
    yield (
        "torch-hooks",
        Hostile(torch_zip(pickle4(tensor.replace(stack_glob("collections", "OrderedDict") + b")R", b"]")), data), BAD),
    )
    yield (
        "torch-negative-size",
        Hostile(torch_zip(pickle4(tensor.replace(b"K\x04tQ", b"J\xff\xff\xff\xfftQ")), data), BAD),
    )
    storage += b"K\x04tQ"
    view = (b"K\0", b"K\x04\x85", b"K\x01\x85")
    hooks = stack_glob("collections", "OrderedDict") + b")R"
    newer, whole = stack_glob("torch._utils", "_rebuild_tensor_v3"), stack_glob("torch._utils", "_rebuild_qtensor")
    scheme, scale = stack_glob("torch", "per_tensor_affine"), b"G" + bytes(8)
    calls = {
        "newer-with-metadata": call(newer, storage, *view, b"\x89", hooks, stack_glob("torch", "uint16"), b"]"),
        "newer-of-usual-dtype": call(newer, storage, *view, b"\x89", hooks, stack_glob("torch", "float32")),
        "newer-of-no-dtype": call(newer, storage, *view, b"\x89", hooks, stack_glob("torch", "FloatStorage")),
        "newer-of-no-storage": call(newer, b"K\0", *view, b"\x89", hooks, stack_glob("torch", "uint16")),
        "quantized-by-text": call(whole, storage, *view, scheme + short_text("x") + b"K\0\x87", b"\x89", hooks),
        "quantized-otherwise": call(whole, storage, *view, hooks + scale + b"K\0\x87", b"\x89", hooks),
        "quantized-with-hooks": call(whole, storage, *view, scheme + scale + b"K\0\x87", b"\x89", b"]"),
        "layout-of-no-name": call(stack_glob("torch.serialization", "_get_layout"), short_text("os.system")),
    }
    for name, made in calls.items():
        yield f"torch-{name}", Hostile(torch_zip(pickle4(made), data), BAD)
    yield (
        "torch-backend-by-name",
        Hostile(
            torch_zip(pickle4(call(stack_glob("torch._utils", "_rebuild_device_tensor_from_numpy"), raw_bytes(b"a")))),
            BAD,
        ),
    )
    yield (
        "torch-script-module-call",
        Hostile(torch_zip(proto(2) + text("a") + call(stack_glob("__torch__.M", "f")) + b"."), BAD),
    )
