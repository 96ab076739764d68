import gzip
import os
import re


def tokens(line):
    """The words of a line in small letters; an apostrophe inside a word stays."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*", line.lower())


def read_bible(path="data/kjv.txt.gz"):
    """A list of sentences, each a list of words; None if the file is not there."""
    if not os.path.exists(path):
        print(f"There is no {path} beside this notebook, so cells about the Bible are left out. All exercises work without it. Put the folder data/ of this assignment beside the notebook and run this cell again.")
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [tokens(line.partition(" ")[2]) for line in lines]  # a line begins with its reference, such as Ge1:1
