"""``python -m serinus``."""

from serinus.cli.main import main

main()
