"""Hostile pickle streams, each by another trick: name, bytes, the least verdict, and a global that must be named.

The payload is only ever a name and a call on a harmless text; nobody loads these files but the oracle of
``oracle.py``, which resolves no name.
"""

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelfiles.assembler import (
    EMPTY_TUPLE,
    MARK,
    MEMOIZE,
    REDUCE,
    STACK_GLOBAL,
    STOP,
    call,
    frame,
    get,
    glob,
    long_text,
    number,
    pickle4,
    proto,
    put,
    raw_bytes,
    short_text,
    stack_glob,
    text,
)

DANGEROUS = ("dangerous",)
BAD = ("dangerous", "suspicious")
NEVER_CLEAN = ("dangerous", "suspicious", "not_examined")


@dataclass(frozen=True)
class Hostile:
    """One file of the corpus: ``verdicts`` are those it may get, ``names`` globals that a detection must carry."""

    data: bytes
    verdicts: tuple[str, ...] = DANGEROUS
    names: tuple[str, ...] = ()


SYSTEM = "os.system"
RUN = short_text("true")
OS_SYSTEM = stack_glob("os", "system")
OS = call(OS_SYSTEM, RUN)
OS_OLD = call(glob("os", "system"), text("true"))

CALLED = (
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("os", "popen"), ("os", "execv"), ("os", "spawnl"),
    ("subprocess", "Popen"), ("subprocess", "run"), ("subprocess", "check_output"), ("builtins", "eval"),
    ("builtins", "exec"), ("builtins", "compile"), ("builtins", "__import__"), ("builtins", "open"),
    ("builtins", "getattr"), ("builtins", "setattr"), ("builtins", "breakpoint"), ("builtins", "help"),
    ("builtins", "map"), ("builtins", "type"), ("importlib", "import_module"), ("runpy", "run_path"),
    ("runpy", "_run_code"), ("pty", "spawn"), ("code", "interact"), ("code.InteractiveInterpreter", "runcode"),
    ("socket", "create_connection"), ("shutil", "rmtree"), ("pip", "main"), ("pip._internal", "main"),
    ("timeit", "timeit"), ("cProfile", "run"), ("pdb", "run"), ("bdb", "Bdb"), ("trace", "Trace"),
    ("doctest", "testmod"), ("webbrowser", "open"), ("ctypes", "CDLL"), ("marshal", "loads"), ("types", "FunctionType"),
    ("types", "CodeType"), ("operator", "attrgetter"), ("operator", "methodcaller"), ("functools", "partial"),
    ("pickle", "loads"), ("_pickle", "loads"), ("dill", "loads"), ("cloudpickle.cloudpickle", "_make_function"),
    ("joblib", "load"), ("joblib.numpy_pickle_compat", "NDArrayWrapper"), ("numpy", "load"),
    ("numpy.testing._private.utils", "runstring"), ("numpy.f2py.crackfortran", "myeval"), ("pandas", "eval"),
    ("pandas", "read_pickle"), ("pandas.io.pickle", "read_pickle"), ("torch", "load"), ("torch.hub", "load"),
    ("torch.jit", "load"), ("torch.serialization", "load"), ("sklearn.datasets", "fetch_openml"),
    ("tensorflow.python.ops.io_ops", "read_file"), ("keras.models", "load_model"), ("asyncio", "run"),
    ("multiprocessing.util", "spawnv_passfds"), ("logging.config", "listen"), ("sqlite3", "connect"),
    ("requests.api", "get"), ("urllib.request", "urlopen"), ("http.client", "HTTPSConnection"), ("smtplib", "SMTP"),
    ("zipimport", "zipimporter"), ("pkgutil", "resolve_name"), ("ensurepip", "_run_pip"), ("venv", "create"),
    ("distutils.file_util", "copy_file"), ("idlelib.pyshell", "main"), ("lib2to3.pgen2.grammar", "Grammar"),
    ("uuid", "_get_command_stdout"), ("site", "addsitedir"), ("_osx_support", "_read_output"),
    ("aix_support", "_read_cmd_output"),
    ("unittest.mock", "_importer"), ("pydoc", "pipepager"),
    ("mimetypes", "read_mime_types"), ("antigravity", "geohash"),
)  # fmt: skip
"""One call each: what a scanner of names must know, or, like ours, need not know."""


def called_globals() -> Iterator[tuple[str, Hostile]]:
    for module, name in CALLED:
        yield f"call-{module}.{name}", Hostile(pickle4(call(stack_glob(module, name), RUN)), BAD, (f"{module}.{name}",))


def tricks() -> Iterator[tuple[str, Hostile]]:
    yield "protocol-0", _os(b"cos\nsystem\np0\n(Vtrue\np1\ntp2\nRp3\n.")
    for version in range(1, 6):
        body = OS_OLD if version < 4 else OS
        head = proto(version) if version > 1 else b""
        yield f"protocol-{version}", Hostile(head + body + STOP, DANGEROUS, (SYSTEM,))
    yield from _names()
    yield from _calls()
    yield from _states()
    yield from _unlisted()


def _names() -> Iterator[tuple[str, Hostile]]:
    os_, system = short_text("os"), short_text("system")
    yield (
        "stack-global-from-memo",
        _os(
            pickle4(
                os_ + MEMOIZE + system + MEMOIZE + b"00" + get(0) + get(1) + STACK_GLOBAL + MARK + RUN + b"t" + REDUCE
            )
        ),
    )
    yield (
        "stack-global-from-put",
        _os(
            proto(4)
            + os_
            + put(200)
            + b"0"
            + system
            + b"r"
            + struct.pack("<L", 90_000)
            + b"0"
            + get(200)
            + b"j"
            + struct.pack("<L", 90_000)
            + STACK_GLOBAL
            + MARK
            + RUN
            + b"t"
            + REDUCE
            + STOP
        ),
    )
    yield "stack-global-text-memo", _os(b"\x80\x04Vos\np7\n0Vsystem\np8\n0g7\ng8\n\x93(" + text("true") + b"tR.")
    yield "stack-global-old-strings", _os(proto(4) + b"S'os'\nS'system'\n\x93(" + RUN + b"tR.")
    yield "stack-global-escaped-strings", _os(proto(4) + b"S'\\x6fs'\nS'sys\\164em'\n\x93(" + RUN + b"tR.")
    yield "stack-global-escaped-unicode", _os(proto(4) + b"V\\u006fs\nVsys\\u0074em\n\x93(" + RUN + b"tR.")
    yield "stack-global-short-string", _os(proto(4) + b"U\x02osU\x06system\x93(" + RUN + b"tR.")
    yield "stack-global-long-string", _os(proto(4) + b"T\x02\0\0\0osT\x06\0\0\0system\x93(" + RUN + b"tR.")
    yield "stack-global-unicode8", _os(proto(4) + long_text("os") + long_text("system") + b"\x93(" + RUN + b"tR.")
    yield (
        "stack-global-duplicated",
        Hostile(proto(4) + short_text("posix") + b"2\x93" + MARK + RUN + b"tR.", DANGEROUS, ("posix.posix",)),
    )
    yield (
        "stack-global-after-pops",
        _os(proto(4) + os_ + MARK + number(1) + number(2) + b"1" + system + number(3) + b"0\x93(" + RUN + b"tR."),
    )
    yield "stack-global-across-frames", _os(proto(4) + frame(os_ + system) + frame(b"\x93(" + RUN + b"tR."))
    yield "stack-global-in-protocol-2", _os(proto(2) + text("os") + text("system") + b"\x93(" + text("true") + b"tR.")
    yield (
        "dotted-name",
        Hostile(pickle4(call(stack_glob("sklearn.pipeline", "os.system"), RUN)), BAD, ("sklearn.pipeline.os.system",)),
    )
    yield (
        "dotted-through-listed-class",
        Hostile(
            pickle4(call(stack_glob("collections", "OrderedDict.__init__.__globals__"), RUN)),
            BAD,
            ("collections.OrderedDict.__init__.__globals__",),
        ),
    )
    yield (
        "dotted-through-numpy",
        Hostile(pickle4(call(stack_glob("numpy", "os.system"), RUN)), BAD, ("numpy.os.system",)),
    )
    yield (
        "name-of-a-module",
        Hostile(pickle4(stack_glob("joblib.numpy_pickle", "os")), BAD, ("joblib.numpy_pickle.os",)),
    )
    yield "python-2-builtin", Hostile(call(glob("__builtin__", "eval"), text("1")) + STOP, BAD, ("builtins.eval",))
    yield "python-2-apply", Hostile(proto(2) + call(glob("__builtin__", "apply"), text("1")) + STOP, BAD)
    yield (
        "python-2-commands",
        Hostile(call(glob("commands", "getoutput"), text("true")) + STOP, BAD, ("subprocess.getoutput",)),
    )
    yield "python-2-copy-reg", Hostile(call(glob("copy_reg", "add_extension"), text("a")) + STOP, BAD)
    yield "python-2-name-in-protocol-4", Hostile(proto(4) + call(glob("__builtin__", "set"), b"]") + STOP, BAD)
    yield "name-with-nul", Hostile(call(glob("os\0", "system"), text("true")) + STOP, NEVER_CLEAN)
    yield "name-with-spaces", Hostile(call(glob(" os", "system "), text("true")) + STOP, BAD)
    yield "name-empty", Hostile(call(glob("", ""), text("true")) + STOP, BAD)
    yield "name-in-capitals", Hostile(call(glob("OS", "System"), text("true")) + STOP, BAD)
    yield "name-with-carriage-return", Hostile(b"cos\r\nsystem\r\n(" + text("true") + b"tR.", BAD)
    yield "name-with-homoglyph", Hostile(pickle4(call(stack_glob("оs", "system"), RUN)), BAD)
    yield "name-of-300-letters", Hostile(pickle4(text("a." * 150) + short_text("f") + STACK_GLOBAL), BAD)
    yield "named-but-not-called", Hostile(pickle4(OS_SYSTEM), DANGEROUS, (SYSTEM,))
    yield "named-then-dropped", Hostile(pickle4(OS_SYSTEM + b"0N"), DANGEROUS, (SYSTEM,))
    yield "extension-1", Hostile(proto(2) + b"\x82\x01" + EMPTY_TUPLE + REDUCE + STOP, BAD, ("copyreg#1",))
    yield "extension-2", Hostile(proto(2) + b"\x83\x01\x02" + EMPTY_TUPLE + REDUCE + STOP, BAD, ("copyreg#513",))
    yield "extension-4", Hostile(proto(2) + b"\x84\x01\0\0\x40)R.", BAD)
    yield (
        "extension-registered-first",
        Hostile(
            proto(2) + call(glob("copyreg", "add_extension"), text("os"), text("system"), number(7)) + b"0\x82\x07)R.",
            BAD,
        ),
    )
    yield "persistent-id-text", Hostile(b"Pos.system\n.", BAD)
    yield "persistent-id-value", Hostile(proto(2) + text("os.system") + b"Q.", BAD)
    yield (
        "persistent-id-like-torch",
        Hostile(
            pickle4(MARK + short_text("storage") + OS_SYSTEM + short_text("0") + short_text("cpu") + number(1) + b"tQ"),
            DANGEROUS,
            (SYSTEM,),
        ),
    )


def _os(data: bytes) -> Hostile:
    return Hostile(data, DANGEROUS, (SYSTEM,))


def _calls() -> Iterator[tuple[str, Hostile]]:
    yield "inst", _os(b"(" + text("true") + b"ios\nsystem\n.")
    yield "inst-without-arguments", Hostile(b"(ios\nabort\n.", DANGEROUS, ("os.abort",))
    yield "obj", _os(b"(" + glob("os", "system") + text("true") + b"o.")
    yield "obj-from-memo", _os(proto(2) + glob("os", "system") + put(0) + b"0(" + get(0) + text("true") + b"o.")
    yield (
        "newobj",
        Hostile(proto(2) + glob("subprocess", "Popen") + text("true") + b"\x85\x81.", DANGEROUS, ("subprocess.Popen",)),
    )
    yield (
        "newobj-ex",
        Hostile(
            proto(4) + stack_glob("subprocess", "Popen") + b")}" + short_text("args") + RUN + b"s\x92.",
            DANGEROUS,
            ("subprocess.Popen",),
        ),
    )
    yield (
        "call-of-a-call",
        Hostile(
            pickle4(call(call(stack_glob("functools", "partial"), OS_SYSTEM), RUN)),
            DANGEROUS,
            (SYSTEM,),
        ),
    )
    yield (
        "call-through-getattr",
        Hostile(
            pickle4(
                call(call(stack_glob("builtins", "getattr"), stack_glob("numpy", "dtype"), short_text("type")), RUN)
            ),
            DANGEROUS,
            ("builtins.getattr",),
        ),
    )
    yield (
        "call-of-instance",
        Hostile(pickle4(stack_glob("sklearn.pipeline", "Pipeline") + b")\x81" + MARK + RUN + b"t" + REDUCE), BAD),
    )
    yield (
        "call-of-listed-class-with-arguments",
        Hostile(pickle4(call(stack_glob("sklearn.pipeline", "Pipeline"), RUN)), BAD, ("sklearn.pipeline.Pipeline",)),
    )
    yield (
        "call-of-listed-function",
        Hostile(pickle4(call(stack_glob("sklearn.metrics._classification", "log_loss"), RUN, RUN)), BAD),
    )
    yield (
        "encode-with-another-codec",
        Hostile(
            proto(2) + call(glob("_codecs", "encode"), text("a"), text("os.system")) + STOP, BAD, ("_codecs.encode",)
        ),
    )
    yield (
        "bytes-by-another-codec",
        Hostile(pickle4(call(stack_glob("builtins", "bytes"), RUN, short_text("rot13"))), BAD),
    )
    yield (
        "bytearray-of-a-huge-length",
        Hostile(pickle4(call(stack_glob("builtins", "bytearray"), b"\x8a\x06\0\0\0\0\0\x10")), BAD),
    )
    yield (
        "reconstructor-of-unlisted",
        Hostile(
            call(glob("copy_reg", "_reconstructor"), glob("os", "_wrap_close"), glob("__builtin__", "object"), b"N")
            + STOP,
            DANGEROUS,
            ("os._wrap_close",),
        ),
    )
    yield (
        "reconstructor-with-another-base",
        Hostile(
            call(
                glob("copy_reg", "_reconstructor"),
                glob("sklearn.pipeline", "Pipeline"),
                glob("os", "system"),
                text("true"),
            )
            + STOP,
            DANGEROUS,
            (SYSTEM,),
        ),
    )
    yield (
        "reconstructor-with-listed-callable",
        Hostile(
            call(
                glob("copy_reg", "_reconstructor"),
                glob("sklearn.pipeline", "Pipeline"),
                glob("numpy", "mean"),
                text("x"),
            )
            + STOP,
            BAD,
        ),
    )
    yield (
        "bit-generator-by-name",
        Hostile(
            pickle4(call(stack_glob("numpy.random._pickle", "__bit_generator_ctor"), short_text("os.system"))), BAD
        ),
    )
    yield (
        "generator-with-another-maker",
        Hostile(
            pickle4(call(stack_glob("numpy.random._pickle", "__generator_ctor"), short_text("MT19937"), OS_SYSTEM)),
            DANGEROUS,
            (SYSTEM,),
        ),
    )
    yield (
        "array-of-another-class",
        Hostile(
            pickle4(
                call(
                    stack_glob("numpy._core.multiarray", "_reconstruct"),
                    stack_glob("numpy", "memmap"),
                    b"K\0\x85",
                    raw_bytes(b"b"),
                )
            ),
            BAD,
        ),
    )
    yield (
        "default-dict-with-a-factory",
        Hostile(pickle4(call(stack_glob("collections", "defaultdict"), OS_SYSTEM)), DANGEROUS, (SYSTEM,)),
    )
    yield (
        "counter-of-a-call",
        Hostile(pickle4(call(stack_glob("collections", "Counter"), OS_SYSTEM)), DANGEROUS, (SYSTEM,)),
    )
    yield (
        "counter-of-what-is-no-list",
        Hostile(pickle4(call(stack_glob("collections", "Counter"), stack_glob("numpy", "dtype"))), BAD),
    )
    yield (
        "uuid-called-instead-of-made",
        Hostile(pickle4(call(stack_glob("uuid", "UUID"), short_text("0" * 32))), BAD),
    )
    yield (
        "cython-maker-of-another-module",
        Hostile(
            pickle4(call(stack_glob("sklearn.metrics._dist_metrics", "newObj"), stack_glob("numpy", "dtype"))), BAD
        ),
    )
    yield "set-of-a-call", _os(proto(4) + b"\x8f(" + OS + b"\x90.")
    yield "frozenset-of-a-call", _os(proto(4) + b"(" + OS + b"\x91.")
    yield "dict-key-is-a-call", _os(proto(4) + b"}" + OS + b"Ns.")
    yield "tuple-of-a-call", _os(proto(4) + OS + b"\x85.")
    yield "deep-in-lists", _os(proto(2) + b"]" * 500 + OS + b"a" * 500 + b".")
    yield "deep-in-marks", _os(proto(2) + b"(" * 500 + OS + b"t" * 500 + b".")
    yield "buried-in-a-million-bytes", _os(proto(4) + raw_bytes(bytes(1_000_000)) + b"0" + OS + STOP)
    yield "after-50000-numbers", _os(proto(4) + b"(" + b"K\x01" * 50_000 + b"1" + OS + STOP)
    yield "after-50000-floats", _os(proto(4) + b"(" + b"G\x3f\xf0\0\0\0\0\0\0" * 50_000 + b"1" + OS + STOP)
    yield "result-put-into-array", _os(pickle4(_array_state() + OS + b"b"))


def _array_state() -> bytes:
    return call(
        stack_glob("numpy._core.multiarray", "_reconstruct"), stack_glob("numpy", "ndarray"), b"K\0\x85", b"C\x01b"
    )


def _states() -> Iterator[tuple[str, Hostile]]:
    pipeline = stack_glob("sklearn.pipeline", "Pipeline") + b")\x81"
    yield (
        "state-of-a-class",
        Hostile(pickle4(stack_glob("sklearn.pipeline", "Pipeline") + b"}" + RUN + b"Nsb"), DANGEROUS),
    )
    yield "state-of-a-function", Hostile(pickle4(stack_glob("numpy", "mean") + b"}" + RUN + b"Nsb"), DANGEROUS)
    yield (
        "state-with-setstate",
        _os(pickle4(pipeline + b"}" + short_text("__setstate__") + OS_SYSTEM + b"sb" + RUN + b"b")),
    )
    yield (
        "state-with-listed-setstate",
        Hostile(
            pickle4(pipeline + b"}" + short_text("__setstate__") + stack_glob("numpy", "mean") + b"sb" + RUN + b"b"),
            BAD,
        ),
    )
    yield (
        "state-with-class",
        Hostile(
            pickle4(pipeline + b"}" + short_text("__class__") + stack_glob("sklearn.svm._classes", "SVC") + b"sb"), BAD
        ),
    )
    yield (
        "state-in-slots",
        Hostile(
            pickle4(pipeline + b"N}" + short_text("__class__") + stack_glob("sklearn.svm._classes", "SVC") + b"s\x86b"),
            BAD,
        ),
    )
    yield (
        "state-from-a-called-dict",
        Hostile(
            pickle4(
                pipeline
                + call(
                    stack_glob("builtins", "dict"),
                    b"](" + short_text("__setstate__") + stack_glob("numpy", "mean") + b"\x86e",
                )
                + b"b"
                + RUN
                + b"b"
            ),
            BAD,
        ),
    )
    yield "state-twice", Hostile(pickle4(pipeline + b"}b}b"), BAD)
    yield "state-of-a-list", Hostile(pickle4(b"]}b"), BAD)
    yield "state-that-is-a-call", _os(pickle4(pipeline + OS + b"b"))
    yield (
        "state-of-an-ordered-dict",
        Hostile(
            pickle4(
                stack_glob("collections", "OrderedDict") + b")R" + b"}" + short_text("__reduce__") + OS_SYSTEM + b"sb"
            ),
            DANGEROUS,
            (SYSTEM,),
        ),
    )
    yield "items-into-an-estimator", Hostile(pickle4(pipeline + short_text("a") + b"Ns"), BAD)
    yield "append-to-an-estimator", Hostile(pickle4(pipeline + b"Na"), BAD)
    yield (
        "array-of-objects-from-bytes",
        Hostile(
            pickle4(
                _array_state() + b"(K\x01K\x01\x85" + _dtype("O8", flags=63) + b"\x89" + raw_bytes(bytes(8)) + b"tb"
            ),
            BAD,
        ),
    )
    yield (
        "dtype-with-object-flags-forged",
        Hostile(pickle4(_array_state() + b"(K\x01K\x01\x85" + _dtype("f8", flags=63) + b"\x89]tb"), BAD),
    )
    yield (
        "array-larger-than-its-bytes",
        Hostile(
            pickle4(
                _array_state()
                + b"(K\x01J\0\0\0\x10\x85"
                + _dtype("f8", flags=0)
                + b"\x89"
                + raw_bytes(bytes(8))
                + b"tb"
            ),
            BAD,
        ),
    )


def _dtype(code: str, *, flags: int) -> bytes:
    made = call(stack_glob("numpy", "dtype"), short_text(code), b"\x89", b"\x88")
    return (
        made
        + b"(K\x03"
        + short_text("<" if code[0] == "f" else "|")
        + b"NNN"
        + number(-1) * 2
        + b"K"
        + bytes([flags])
        + b"tb"
    )


def _unlisted() -> Iterator[tuple[str, Hostile]]:
    """Names that nobody has heard of: suspicious, never clean."""
    for module, name in (
        ("my_company.models", "Scorer"), ("__main__", "Model"), ("builtins", "object.__subclasses__"),
        ("sklearn.pipeline", "make_pipeline"), ("numpy", "unknown"), ("sys", "modules"), ("copyreg", "__newobj__"),
        ("sklearn.externals._joblib", "load"), ("a" * 200, "b"), ("numpy.core.multiarray", "frombuffer"),
        ("pyarrow.lib", "PyExtensionType"), ("six.moves", "builtins"), ("__mp_main__", "x"), ("torch", "classes"),
    ):  # fmt: skip
        yield (
            f"unlisted-{module[:40]}.{name}",
            Hostile(pickle4(call(stack_glob(module, name))), BAD, (f"{module}.{name}",)),
        )


def files() -> Iterator[tuple[str, Hostile]]:
    """Whole files around a stream: several pickles, junk, breaks."""
    good = pickle.dumps([1, "a", 2.5], 4)
    bad = pickle4(OS)
    yield "second-of-two", _os(good + bad)
    yield "first-of-two", _os(bad + good)
    yield "hundredth", _os(good * 99 + bad)
    yield (
        "second-uses-the-memo-of-the-first",
        _os(
            pickle4(short_text("os") + MEMOIZE + short_text("system") + MEMOIZE)
            + proto(4)
            + get(0)
            + get(1)
            + b"\x93("
            + RUN
            + b"tR."
        ),
    )
    yield "junk-before", _os(b"\0\1\2junk" + bad)
    yield "junk-after", Hostile(good + b"\0junk", NEVER_CLEAN)
    yield "hostile-in-junk-after", _os(good + b"\0junk\0" + bad)
    yield "broken-after-the-call", _os(proto(4) + OS)
    yield "broken-opcode-after-the-call", _os(proto(4) + OS + b"\0\xff")
    yield "broken-by-a-missing-memo", _os(proto(4) + OS + get(77) + STOP)
    yield "broken-by-a-frame", _os(proto(4) + OS + b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f.")
    yield "broken-in-an-argument", _os(proto(4) + OS + b"X\xff\xff\xff\x7fa")
    yield "broken-by-the-protocol", _os(proto(4) + OS + proto(9) + STOP)
    yield "broken-within-the-names", Hostile(b"cos\nsystemX", DANGEROUS, (SYSTEM,))
    yield "broken-after-the-module", Hostile(b"cos\n", DANGEROUS, ("os.",))
    yield "cut-short", Hostile(pickle.dumps(np.arange(9), 4)[:-1], NEVER_CLEAN)
    yield "without-protocol", _os(OS + STOP)
    yield "protocol-twice", _os(proto(2) + proto(4) + OS + STOP)
    yield "protocol-in-the-middle", _os(proto(2) + b"N" + proto(4) + b"0" + OS + STOP)
    yield "frame-shorter-than-the-stream", _os(proto(4) + b"\x95" + struct.pack("<Q", 3) + OS + STOP)
    yield "frame-ends-within-an-argument", _os(proto(4) + b"\x95" + struct.pack("<Q", len(OS) - 4) + OS + STOP)
    yield "frame-in-frame", _os(proto(4) + frame(frame(OS + STOP)))
    yield "leading-newline-start", Hostile(b"\n" + bad, NEVER_CLEAN)
    yield "starts-with-a-string", _os(proto(4)[:0] + text("PK\x03\x04") + b"0" + OS + STOP)
    yield "starts-with-a-bom", Hostile(b"\xef\xbb\xbf" + bad, NEVER_CLEAN)
    yield "out-of-band-buffer", Hostile(proto(5) + b"\x97.", NEVER_CLEAN)
    yield "read-only-buffer", Hostile(proto(5) + b"\x97\x98.", NEVER_CLEAN)
    yield "python-2-text-that-is-not-ascii", Hostile(b"U\x02\xc3\xa9.", NEVER_CLEAN)
    yield "memo-index-of-two-gigabytes", Hostile(proto(2) + b"Nr\xff\xff\xff\x7f.", NEVER_CLEAN)
    yield "empty", Hostile(b"", NEVER_CLEAN)
    yield "only-stop", Hostile(b".", NEVER_CLEAN)
    yield "one-byte", Hostile(b"\x80", NEVER_CLEAN)
    yield "text", Hostile(b"hello world\n", NEVER_CLEAN)
    yield "noughts", Hostile(bytes(4096), NEVER_CLEAN)


def hostile_pickles() -> dict[str, Hostile]:
    """All of them by name."""
    found: dict[str, Hostile] = {}
    for name, each in (*called_globals(), *tricks(), *files()):
        assert name not in found, name
        found[name] = each
    return found
