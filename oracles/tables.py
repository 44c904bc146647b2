"""Missing cells and categories of tables, by scikit-learn, for crates/data/tests/missing_cells.rs.

A training file and a file with further rows, with missing numbers and words, rare and unseen
words, are drawn with a fixed seed and written beside the values that scikit-learn makes of them.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent.parent / "crates/data/tests/oracle"
RARE = 5


def rows(generator, count, colours):
    """Columns with missing cells as NaN or None."""
    age = np.round(generator.normal(40, 12, count), 1)
    age[generator.uniform(size=count) < 0.15] = np.nan
    # An even and an odd number of values, negative ones, and a column that is never missing.
    income = np.exp(generator.normal(3, 2, count)) - 20
    income[generator.uniform(size=count) < 0.4] = np.nan
    height = generator.integers(150, 200, count).astype(float)
    colour = generator.choice(colours, count, p=None).astype(object)
    colour[generator.uniform(size=count) < 0.1] = None
    area = generator.choice([100, 200, 300, 4000, 77], count, p=[0.4, 0.3, 0.26, 0.02, 0.02])
    return {"age": age, "income": income, "height": height, "colour": colour, "area": area}


def text(columns, generator):
    """CSV; a missing cell is empty, `NA` or `?`."""
    def cell(value):
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return str(generator.choice(["", "NA", "?"]))
        return value if isinstance(value, str) else repr(float(value)) if isinstance(value, float) else str(value)

    count = len(columns["age"])
    lines = [",".join([*columns, "class"])]
    for row in range(count):
        lines.append(",".join([*(cell(column[row]) for column in columns.values()), "ab"[row % 2]]))
    return "\n".join(lines) + "\n"


def main():
    generator = np.random.default_rng(20)
    train = rows(generator, 121, ["red", "green", "blue", "red", "green", "violet"])
    more = rows(generator, 40, ["red", "green", "mauve", "violet"])
    # A column without missing training cells, and one missing here.
    more["height"][3] = np.nan
    more["area"] = more["area"].astype(object)
    more["area"][7] = 999

    values, names, statistics = {"train": [], "more": []}, [], {}
    for name in ["age", "income", "height"]:
        column, other = train[name][:, None], more[name][:, None]
        imputer = SimpleImputer(strategy="median").fit(column)
        scaler = StandardScaler().fit(imputer.transform(column))
        both = make_pipeline(imputer, scaler)
        statistics[name] = [imputer.statistics_[0], scaler.mean_[0], scaler.scale_[0]]
        values["train"].append(both.transform(column))
        values["more"].append(both.transform(other))
        names.append(name)
        if np.isnan(column).any():
            indicator = MissingIndicator().fit(column)
            values["train"].append(indicator.transform(column))
            values["more"].append(indicator.transform(other))
            names.append(f"{name}=(missing)")
    for name in ["colour", "area"]:
        as_words = lambda column: np.array(["(missing)" if cell is None else str(cell) for cell in column])[:, None]
        encoder = OneHotEncoder(
            sparse_output=False, min_frequency=RARE, handle_unknown="infrequent_if_exist"
        ).fit(as_words(train[name]))
        # scikit-learn sorts `(missing)` first and has the rare words last; ours has both last.
        order = [f"{name}={level.removeprefix(name + '_')}" for level in encoder.get_feature_names_out([name])]
        order = [level.replace("infrequent_sklearn", "(rare)") for level in order]
        last = {f"{name}=(missing)": 1, f"{name}=(rare)": 2}
        positions = sorted(range(len(order)), key=lambda position: (last.get(order[position], 0), order[position]))
        names += [order[position] for position in positions]
        values["train"].append(encoder.transform(as_words(train[name]))[:, positions])
        values["more"].append(encoder.transform(as_words(more[name]))[:, positions])

    FOLDER.mkdir(exist_ok=True)
    oracle = {
        "written_with": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}",
        "names": names,
        "statistics": statistics,
        "train_csv": text(train, generator),
        "more_csv": text(more, generator),
        "train": np.hstack(values["train"]).astype(float).tolist(),
        "more": np.hstack(values["more"]).astype(float).tolist(),
    }
    (FOLDER / "tables.json").write_text(json.dumps(oracle, indent=0) + "\n")


main()
