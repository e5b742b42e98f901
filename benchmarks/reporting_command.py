"""A program that runs a command as `dfer` does and says at its end, as the last line of standard error, how
much memory it took and whether it loaded the SDK."""

REPORTING = """
import json, sys
from dfer_cli.main import app
sys.argv[0] = "dfer"
try:
    app()
finally:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"peak_mb": peak / 1024, "openai": "openai" in sys.modules}), file=sys.stderr)
"""
