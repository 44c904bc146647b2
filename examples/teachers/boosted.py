"""Gradient-boosted trees of XGBoost as a teacher: their probabilities by id.

    python boosted.py TRAINING TEST LABEL ID OUTPUTS TEST_OUTPUTS

As forest.py: no tree learns from a row of the test part, and no row is predicted by trees that learned from it.
"""

import sys

import pandas
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import LabelEncoder
from xgboost import XGBClassifier

training, test, label, name, *outputs = sys.argv[1:7]
training, test = pandas.read_csv(training), pandas.read_csv(test)
features = [table.drop(columns=[label, name]) for table in (training, test)]
for column in features[0].select_dtypes(exclude="number"):
    # The words of the training rows; others count as missing.
    words = pandas.CategoricalDtype(sorted(features[0][column].dropna().unique()))
    for table in features:
        known = table[column].isin(words.categories)
        table[column] = table[column].where(known).astype(words)
encoder = LabelEncoder()
numbers = encoder.fit_transform(training[label])
trees = XGBClassifier(
    n_estimators=200, max_depth=5, learning_rate=0.1, enable_categorical=True, random_state=0
)
said = [
    cross_val_predict(trees, features[0], numbers, cv=5, method="predict_proba"),
    trees.fit(features[0], numbers).predict_proba(features[1]),
]
for table, probabilities, output in zip((training, test), said, outputs):
    written = pandas.DataFrame(probabilities, columns=encoder.classes_)
    written.insert(0, name, table[name])
    written.to_csv(output, index=False)
    print(f"{output}: {len(written)} rows, sure of {probabilities.max(axis=1).mean():.3f} on average")
