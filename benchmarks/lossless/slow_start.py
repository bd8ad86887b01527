"""An app that needs up to START_SECONDS until it listens; its path is the first argument."""

import os
import random
import runpy
import sys
import time

time.sleep(random.uniform(0, float(os.environ["START_SECONDS"])))
runpy.run_path(sys.argv[1], run_name="__main__")
