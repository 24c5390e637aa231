"""exit_code.py CODE COMMAND...: succeeds when the command ends with that code."""
import subprocess
import sys

code = subprocess.run(sys.argv[2:], capture_output=True).returncode
if code != int(sys.argv[1]):
    print(f"exit code {code}, not {sys.argv[1]}: {' '.join(sys.argv[2:])}")
    sys.exit(1)
