"""What is known of an item before a human labels it: judges' scores and metadata, as columns to learn from.

A table has a row an item. A column holds numbers (NaN where there is none) or words (None where there is none):
`judge NAME: CRITERION`, `sureness NAME: CRITERION` (the judge's own probability of the better of two answers),
and the slices, the producer among them.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditing.estimation.inputs import Evidence

MOST_WORDS, FEWEST_OF_A_WORD = 12, 5


def features_of(seen: Evidence) -> pd.DataFrame:
    """The table of every judged item, index = item's key."""
    judged = seen.items.index[seen.items["judged"]]
    columns: dict[str, Any] = {}
    for (rater, criterion), rows in seen.verdicts.groupby(["rater", "criterion"], sort=True):
        columns |= _said(f"{rater}: {criterion}", rows.drop_duplicates("item", keep="last").set_index("item"))
    table = pd.DataFrame(columns, index=judged)
    return table.join(seen.slices.loc[judged].add_prefix("slice "))


def _said(name: str, rows: pd.DataFrame) -> dict[str, "pd.Series[Any]"]:
    numbers = rows["number"].astype(float)
    if numbers.isna().all():
        return {f"judge {name}": rows["value"].astype(object)}
    columns: dict[str, pd.Series[Any]] = {f"judge {name}": numbers}
    sure = rows["probability"].astype(float)
    if sure.notna().any() and numbers.dropna().isin([0, 1]).all():
        columns[f"sureness {name}"] = sure.where(numbers == 1, 1 - sure).where(numbers.notna())
    return columns


def matrix(before: pd.DataFrame, now: pd.DataFrame) -> NDArray[np.float64]:
    """The rows of both tables, one below the other, as numbers: the columns that both have, words one column each.

    A column that says the same everywhere is left out; so are words that are rare before.
    """
    shared = [name for name in before.columns if name in now.columns]
    columns: list[Any] = []
    for name in shared:
        own = pd.concat([before[name], now[name]], ignore_index=True)
        columns += [own.astype(float)] if _is_number(own) else _words(before[name], own)
    kept = [column.to_numpy(dtype=float) for column in columns if column.nunique(dropna=False) > 1]
    return np.column_stack(kept) if kept else np.zeros((len(before) + len(now), 1))


def _is_number(column: "pd.Series[Any]") -> bool:
    return all(isinstance(value, int | float) for value in column.dropna())


def _words(before: "pd.Series[Any]", own: "pd.Series[Any]") -> list["pd.Series[Any]"]:
    counts = before.value_counts()
    frequent = counts[counts >= FEWEST_OF_A_WORD].index[:MOST_WORDS]
    return [(own == word).astype(float) for word in sorted(frequent, key=str)]


def plain_table(table: pd.DataFrame) -> dict[str, Any]:
    """The table as JSON: columns, and rows with None for what is missing."""
    values = table.astype(object).where(table.notna(), None)
    return {"columns": list(table.columns), "rows": values.to_numpy().tolist()}


def table_of(stored: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(stored["rows"], columns=stored["columns"], dtype=object)
