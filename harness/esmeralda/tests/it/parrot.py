"""A child that says what a page says, and insists on hearing what the page says: `python3 parrot.py PAGE.md`.

The page's conversation is the block ```text with lines that begin with > (the harness) and < (the child).
"""

import sys

page = open(sys.argv[1], encoding="utf-8").read()
talk = page.split("```text\n")[-1].split("```")[0]
for number, line in enumerate(talk.splitlines(), 1):
    if line.startswith("< "):
        print(line[2:], flush=True)
    elif line.startswith("> "):
        heard = sys.stdin.readline().rstrip("\n")
        if heard != line[2:]:
            print(f"line {number} of the conversation is\n  {line[2:]}\nand the harness says\n  {heard}", file=sys.stderr)
            sys.exit(1)
