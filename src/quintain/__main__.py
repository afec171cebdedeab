"""`python -m quintain`: the same as `quintain`."""

from quintain.cli import main

if __name__ == "__main__":
    main()
