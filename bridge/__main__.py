"""`python -m bridge` and the command `mailroom`: hands over to the command line, and does nothing else."""

from bridge.cli import main

if __name__ == "__main__":
    main()
