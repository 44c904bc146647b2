"""Gradient-boosted trees of XGBoost as a teacher: their probabilities by id.

    python boosted.py TABLE LABEL ID OUTPUT

As forest.py: every row is predicted by trees that did not learn from it.
"""

import sys

import pandas
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import LabelEncoder
from xgboost import XGBClassifier

path, label, name, output = sys.argv[1:5]
table = pandas.read_csv(path)
features = table.drop(columns=[label, name])
for column in features.select_dtypes(exclude="number"):
    features[column] = features[column].astype("category")
encoder = LabelEncoder()
numbers = encoder.fit_transform(table[label])
trees = XGBClassifier(
    n_estimators=200, max_depth=5, learning_rate=0.1, enable_categorical=True, random_state=0
)
outputs = cross_val_predict(trees, features, numbers, cv=5, method="predict_proba")
written = pandas.DataFrame(outputs, columns=encoder.classes_)
written.insert(0, name, table[name])
written.to_csv(output, index=False)
print(f"{len(written)} rows of {written.shape[1] - 1} classes, sure of {outputs.max(axis=1).mean():.3f} on average")
