"""One module for each command of `simpang`; `pyproject.toml` names them."""
