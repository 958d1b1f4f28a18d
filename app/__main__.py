"""`python3 -m app`: set up what is missing, then run the site or one of its commands."""

import sys
from pathlib import Path

from app.bootstrap import run_inside

if __name__ == "__main__":
    run_inside(Path(__file__).with_name("requirements.lock"), "app", sys.argv[1:])
    from app.cli import main

    main()
