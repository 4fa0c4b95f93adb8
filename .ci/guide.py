"""Runs the commands of a page, and holds what they print against what the page shows.

    python3 guide.py PAGE

Runs in the page's folder. A block of commands begins with ```console, and a block of ```text behind it is what they print;
without one they only have to succeed. A command whose text shows `violates` must end with exit code 1, any other with 0.
With GUIDE_ACCEPT set the page is rewritten with what was printed: read the change.
"""

import os
import pathlib
import re
import subprocess
import sys

# What the clock says differs from run to run; it is the last thing that is printed.
TIMING = re.compile(r"^  timing .*\Z", re.DOTALL | re.MULTILINE)
SECONDS = 300


def run(command, folder):
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    return done.returncode, TIMING.sub("", done.stdout).rstrip() + "\n", done.stderr


def main():
    page = pathlib.Path(sys.argv[1])
    text = page.read_text()
    accept = "GUIDE_ACCEPT" in os.environ
    trouble = []
    blocks = re.compile(r"```console\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)

    def block(found):
        commands, wanted = found.group(1), found.group(2)
        printed = ""
        for command in re.findall(r"^\$ (.*)$", commands, re.MULTILINE):
            code, out, err = run(command, page.parent)
            due = 1 if re.search(r"^violates (CONS|REDRIVE)", out, re.MULTILINE) else 0
            if code != due:
                trouble.append(f"$ {command}\nexit {code}\n{out}{err}")
            printed += out
        if wanted is None:
            return found.group(0)
        if printed != wanted and not accept:
            trouble.append(f"{commands}prints\n{printed}and the page shows\n{wanted}")
        return f"```console\n{commands}```\n\n```text\n{printed}```\n"

    text = blocks.sub(block, text)
    if accept:
        page.write_text(text)
    print("\n".join(trouble), file=sys.stderr)
    print(f"{page}: {len(blocks.findall(text))} blocks, {len(trouble)} wrong")
    return 1 if trouble else 0


sys.exit(main())
