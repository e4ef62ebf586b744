"""What is different between production's answer and a candidate's: one file for each kind of thing compared.

finding.py    what a comparison says: rows, how many disagree, and which differences at which paths
tolerance.py  when two numbers agree; which paths are not compared
whole_numbers.py  whole numbers, compared as whole numbers
volatile.py   paths that hold something new in every answer
always_other.py, path_names.py  paths that hold another value in every answer, and what values and names say of that
outcome.py    status and failure: who answered, in which class
latency.py    whether a pair's timings may be compared, and what they are
size.py       bytes, tokens, time to the first byte, gaps between chunks

kinds.py      the table of kinds of output, and the face that each has
extent.py     how large its numbers are: where means of differences are cut off
rules.py      how one output is compared
fitting.py    what kinds do alike: which requests of a batch fit, and what is told of those that disagree
row_stack.py  likewise on arrays: the rows of all requests one after another, and means over each request's own
request_distances.py  how far apart both answers to each request are
rows.py, unfit.py, value_types.py, detail.py: rows of any value, values that do not fit, their types, tables for people

label.py (label_names.py, label_map.py, label_places.py, label_numbers.py, whole_labels.py)
probabilities.py (probability_sums.py, distributions.py, calibration.py)  logits.py
    class_vectors.py, first_class.py: what these two have in common
    decided_rows.py, class_flips.py, margins.py: which decisions change, by class and by how sure production was
    threshold_grid.py: which decisions change at any threshold, of what lies in [0, 1]
difference_sizes.py, path_sizes.py, row_dimensions.py: how far apart numbers are, by path, and which of several in a row
both_sides.py: the values of both sides as distributions
score.py (score_sums.py, score_changes.py, score_decisions.py, score_scale.py, number_pairs.py, number_tensors.py,
    whole_numbers.py, text_numbers.py)
ranking.py (ranking_sums.py, first_items.py)  embedding.py  text.py (wording.py)
tree.py (elements.py, document_extent.py): JSON  raw.py: bytes
boxes.py (detections.py, compared_boxes.py, box_matches.py, box_readings.py)
"""
