"""A random forest of scikit-learn as a teacher: its probabilities by id.

    python forest.py TABLE LABEL ID OUTPUT

Reads a CSV file, divides it as `potstill` cannot know, and so asks every row only of trees that did not
learn from it: five folds, each predicted by a forest of the other four.
"""

import sys

import pandas
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

path, label, name, output = sys.argv[1:5]
table = pandas.read_csv(path)
features = table.drop(columns=[label, name])
words = OneHotEncoder(handle_unknown="ignore")
forest = make_pipeline(
    make_column_transformer(
        (words, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
        sparse_threshold=0.0,
    ),
    RandomForestClassifier(n_estimators=200, min_samples_leaf=3, random_state=0),
)
classes = sorted(table[label].unique())
outputs = cross_val_predict(forest, features, table[label], cv=5, method="predict_proba")
written = pandas.DataFrame(outputs, columns=classes)
written.insert(0, name, table[name])
written.to_csv(output, index=False)
print(f"{len(written)} rows of {len(classes)} classes, sure of {outputs.max(axis=1).mean():.3f} on average")
