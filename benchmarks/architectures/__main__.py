"""A table of architectures, each run end to end through the platform on public data.

    python -m benchmarks.architectures --data DIR        (or DOKIMA_AUDIT_DATA=DIR)

Models answer by what is recorded of them, from a local server that replays it: the calls, the prompts, the parsing, the
rows and the comparison are real, the words are what the models once said.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.architectures import platform
from benchmarks.architectures.datasets import (
    DataSet,
    answers,
    half_of,
    pairs,
    pictures,
    products,
    products_to_learn_from,
)
from benchmarks.architectures.rows import GPT4, PRICES, ROWS, WEIGHTED_BEM, Row, cascade, single
from benchmarks.replay import Record, Replay

SETS: dict[str, Callable[[Path, int | None], DataSet]] = {
    "openqa_nq301": answers,
    "openqa_nq301_1": lambda folder, most: half_of(answers(folder, most), 0),
    "openqa_nq301_2": lambda folder, most: half_of(answers(folder, most), 1),
    "llmbar_pairwise": pairs,
    "image_descriptions": pictures,
    "product_pairs": products,
    "product_pairs_learnt": products_to_learn_from,
}
HEAD = (
    "| data | architecture | judge | items | accuracy | 95 % | kappa | unscored | calls | cost | seconds |\n"
    "|---|---|---|--:|--:|---|--:|--:|--:|--:|--:|"
)


def main() -> None:
    """Deliver the data sets, run every row, print the table."""
    options = read_options()
    rows = [row for row in ROWS if options.only in f"{row.data} {row.architecture} {row.name}"]
    names = {name for row in rows for name in (row.data, row.learnt_from, row.fitted_on) if name}
    with tempfile.TemporaryDirectory() as home:
        platform.set_up(Path(home))
        data = {name: SETS[name](options.data, options.items) for name in names}
        record = Record()
        for one in data.values():
            record.verdicts |= one.record.verdicts
        with Replay(record) as server:
            platform.add_endpoint(server.base_url)
            platform.set_prices(PRICES)
            for one in data.values():
                platform.deliver(one, Path(home))
            print(HEAD, flush=True)
            for row in rows:
                print(prepare(row, data), end="", flush=True)
                print(line(row, platform.judged(data[row.data], row.name)), flush=True)
        print(
            f"\nNothing was recorded for {sum(server.missing.values())} of {server.asked.total()} requests."
        )
        print(f"{server.images.total()} requests carried a picture.")


def prepare(row: Row, data: dict[str, DataSet]) -> str:
    """Publish the row's judge; says what was fitted for it."""
    if row.learnt_from:
        platform.train_judge(row.name, data[row.learnt_from])
        return ""
    if not row.fitted_on:
        platform.add_judge(row.name, row.content)
        return ""
    accept, budget = platform.fit_cascade(row.name, data[row.fitted_on], WEIGHTED_BEM, single(GPT4))
    platform.add_judge(row.name, cascade(accept))
    return f"<!-- fitted on {row.fitted_on}: accept {accept:.3f}, at most ${budget:.4f} an item -->\n"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.architectures", description=main.__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("DOKIMA_AUDIT_DATA"), metavar="DIR")
    parser.add_argument("--items", type=int, help="only the first so many items of each set")
    parser.add_argument("--only", default="", metavar="WORD", help="only rows in which the word occurs")
    options = parser.parse_args()
    folders = [name for name in SETS if not name.endswith(("_learnt", "_1", "_2"))]
    missing = [name for name in folders if options.data is None or not (Path(options.data) / name).is_dir()]
    if missing:
        sys.exit(
            "The data sets are not here: give --data (or DOKIMA_AUDIT_DATA) the folder that holds "
            f"{', '.join(missing)}. benchmarks/architectures/README.md says where they come from."
        )
    return options


def line(row: Row, found: platform.Outcome) -> str:
    cells: list[Any] = [
        row.data,
        row.architecture,
        row.says,
        found.items,
        figure(found.accuracy),
        "–" if found.accuracy_interval is None else "{:.3f} to {:.3f}".format(*found.accuracy_interval),
        figure(found.kappa),
        found.unscored + found.failed,
        found.calls,
        "–" if found.cost is None else f"${found.cost:.2f}",
        f"{found.seconds:.0f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
