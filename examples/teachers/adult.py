"""Gradient-boosted trees of XGBoost as the teacher of recipes/adult-xgboost.toml.

    python adult.py FOLDER

FOLDER holds train.csv and test.csv as scripts/fetch-tables.sh puts them there, and synthetic.csv as
`potstill synthesise` makes it. Writes xgboost-train.csv, xgboost-test.csv and xgboost-synthetic.csv beside
them, a row of probabilities for each row. Training rows are predicted by trees that did not learn from them.
"""

import sys
from pathlib import Path

import pandas
from sklearn.model_selection import cross_val_predict
from xgboost import XGBClassifier

LABEL = "income"
IGNORED = ["fnlwgt", "education"]

folder = Path(sys.argv[1])
parts = {name: pandas.read_csv(folder / f"{name}.csv", skipinitialspace=True) for name in ["train", "test", "synthetic"]}
train = parts["train"]
features = [column for column in train.columns if column not in [LABEL, *IGNORED]]
words = train[features].select_dtypes(exclude="number").columns
for table in parts.values():
    for column in words:
        table[column] = pandas.Categorical(table[column], categories=sorted(train[column].unique()))
classes = sorted(train[LABEL].unique())
numbers = train[LABEL].map(classes.index)


def trees():
    return XGBClassifier(
        n_estimators=300, max_depth=6, learning_rate=0.1, enable_categorical=True, random_state=0
    )


fitted = trees().fit(train[features], numbers)
outputs = {name: fitted.predict_proba(parts[name][features]) for name in ["test", "synthetic"]}
outputs["train"] = cross_val_predict(trees(), train[features], numbers, cv=5, method="predict_proba")
for name, rows in outputs.items():
    pandas.DataFrame(rows, columns=classes).to_csv(folder / f"xgboost-{name}.csv", index=False)
right = outputs["test"].argmax(axis=1) == parts["test"][LABEL].map(classes.index)
print(f"{100 * right.mean():.2f} % of the test rows are right")
