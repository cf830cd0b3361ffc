"""``python -m vertaug`` is ``vertaug``."""

from vertaug.cli.main import main

if __name__ == "__main__":
    main()
