"""A random forest of scikit-learn as a teacher: its probabilities by id.

    python forest.py TRAINING TEST LABEL ID OUTPUTS TEST_OUTPUTS

TRAINING and TEST are CSV files for `source` and `test_source`, so that no tree learns from a row of the test part: what
it says about training rows would else tell the student about them. Every training row is asked only of trees that did
not learn from it (five folds, each predicted by a forest of the other four), the test rows of a forest of all training
rows.
"""

import sys

import pandas
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

training, test, label, name, *outputs = sys.argv[1:7]
training, test = pandas.read_csv(training), pandas.read_csv(test)
features = [table.drop(columns=[label, name]) for table in (training, test)]
words = OneHotEncoder(handle_unknown="ignore")
forest = make_pipeline(
    make_column_transformer(
        (words, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
        sparse_threshold=0.0,
    ),
    RandomForestClassifier(n_estimators=200, min_samples_leaf=3, random_state=0),
)
said = [
    cross_val_predict(forest, features[0], training[label], cv=5, method="predict_proba"),
    forest.fit(features[0], training[label]).predict_proba(features[1]),
]
for table, probabilities, output in zip((training, test), said, outputs):
    written = pandas.DataFrame(probabilities, columns=sorted(training[label].unique()))
    written.insert(0, name, table[name])
    written.to_csv(output, index=False)
    print(f"{output}: {len(written)} rows, sure of {probabilities.max(axis=1).mean():.3f} on average")
