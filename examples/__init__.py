"""Worked examples: real data, real models, a model server to start from. `understudy demo` runs them."""
