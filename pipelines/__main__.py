"""`python -m pipelines` is `simpang`, for where the command is not on the PATH."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
