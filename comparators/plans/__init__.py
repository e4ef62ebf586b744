"""How one kind of request is read and compared, decided once. Pure.

plan.py        how one (method, path template, model) is read and compared; which plans are known
inference.py   which kind of output a value is
vectors.py     what rows of several numbers say of that
nearly_all.py  how many values may be otherwise
"""
