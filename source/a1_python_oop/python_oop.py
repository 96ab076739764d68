# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   groundwork:
#     title: Objects and classes
#     imports: [abc, math]
#     packages: []
# ---

# %% [markdown]
# # Objects and classes
#
# In PyTorch, a neural network with a million numbers in it is one object. You call it like a function, ask it for its numbers by name, and switch it
# between learning and use with one line. Nothing about that object is magic. It is a Python class, and the ideas in it fit into one evening.
# This notebook begins with a dog and ends with that class. It is the first of the course; nothing comes before it.
#
# **By the end you will have** eight small programs, each built around one idea: objects with a state of their own, state that cannot go wrong, inheritance, abstract
# classes, several ways to make an object, numbers of your own that work with `+` and `*`, functions made of functions, and at last a class `Module`: a tree of objects that
# finds every number in it and knows its name. The picture below is such a tree; in section 8 it is drawn again, from your own objects, and then it learns.
#
# | | |
# |---|---|
# | **You need** | Python: variables, lists, dictionaries, functions, `for` and `if`. Some school mathematics: the area of a circle, a function such as $f(x) = 2x + 3$. You have used objects before (every list is one); you need not have written a class |
# | **Time** | about two hours and forty minutes, the reading included, in two parts: sections 1 to 5, and 6 to 8 |
# | **Allowed tools** | answers may import anything of Python's standard library; no NumPy, no torch. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under half a minute on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. What they leave open is not tested: which of two wrong arguments is complained of first, sizes that are
# nan or infinite, integers too large for a float, vectors that are empty or hold nan or infinity, bools as scalars.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import math
from abc import ABC, abstractmethod

# %% [markdown]
# The next cell holds the drawing tools of this notebook. You need not read it now. They look at *your* objects and classes while the notebook runs, and
# draw what they find there; after section 8 you will be able to read how. Run it, and look at the picture.

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import inspect
import random

import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY
LINE, LETTER = 0.24, 0.083  # inches: the height of a line and the width of a letter in a diagram


def canvas(width, height, title):
    """Empty axes on which one unit is one inch, with room for a title above."""
    figure = plt.figure(figsize=(max(width, LETTER * len(title) * 1.25), height + 0.5))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, figure.get_figwidth()), ylim=(0, height + 0.5))
    axes.axis("off")
    axes.text(0.1, height + 0.2, title, fontsize=12, va="center")
    return axes


def card(axes, left, top, width, head, rows, colour, style="normal"):
    """A box with a headline and rows of (text, colour); gives the height of the middle of each row."""
    height = LINE * (len(rows) + 1) + 0.16
    axes.add_patch(plt.Rectangle((left, top - height), width, height, facecolor="white", edgecolor=colour, lw=1.5, zorder=2))
    axes.text(left + width / 2, top - LINE / 2 - 0.04, head, ha="center", va="center", fontsize=10.5, fontweight="bold", fontstyle=style, color=colour, zorder=3)
    if rows:
        axes.plot([left, left + width], [top - LINE - 0.06] * 2, color=colour, lw=0.8, zorder=3)
    heights = [top - LINE * (n + 1.5) - 0.08 for n in range(len(rows))]
    for height, (text, tint) in zip(heights, rows):
        axes.text(left + 0.1, height, text, va="center", family="monospace", fontsize=9.5, color=tint, zorder=3)
    return heights


def card_size(head, rows):
    """Width and height of a card, in inches."""
    return max([LETTER * 1.15 * len(head), *(LETTER * len(text) for text, _ in rows)]) + 0.25, LINE * (len(rows) + 1) + 0.16


def arrow(axes, start, end, colour=GREY, style="-|>", **more):
    axes.annotate("", end, start, arrowprops={"arrowstyle": style, "color": colour, "lw": 1.2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14} | more, zorder=4)


def attributes_of(thing):
    """What an object itself holds, by name: its __dict__, and its slots if it has any."""
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return dict(getattr(thing, "__dict__", {})) | {name: getattr(thing, name) for name in slots if hasattr(thing, name) and name != "__dict__"}


def short(value):
    """The repr of a value, in a few characters."""
    text = repr(value)
    return text if len(text) <= 24 else text[:23] + "…"


def kind_of_member(member):
    """How a class diagram writes a member of a class behind its name."""
    for kind, text in [(property, " (property)"), (classmethod, "() of the class"), (staticmethod, "() without self")]:
        if isinstance(member, kind):
            return text
    return "()" if callable(member) else f" = {short(member)}"


def members_of(kind):
    """What a class itself says, by name: constructor, operators, methods, properties and class attributes."""
    noise = ("__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__abstractmethods__", "__firstlineno__", "__static_attributes__",
             "__annotations__", "__slots__", "__dataclass_fields__", "__dataclass_params__", "__match_args__")
    return {
        name: member for name, member in vars(kind).items() if name not in noise and not name.startswith("_abc") and not inspect.ismemberdescriptor(member)
    }


def draw_objects(names, title, classes=False):
    """Objects in memory: names on the left, and arrows to the objects that they refer to, and on to those in their attributes."""
    plain = (int, float, str, bool, complex, type(None))

    def contents(thing):
        if isinstance(thing, type):
            return {name + (kind_of_member(member) if callable(member) or isinstance(member, property) else ""): None if callable(member) or isinstance(member, property) else member
                    for name, member in members_of(thing).items()}
        if isinstance(thing, (list, tuple)):
            return dict(enumerate(thing))
        return attributes_of(thing) | ({"class": type(thing)} if classes else {})

    found, level = [], {}
    waiting = [(thing, 0) for thing in names.values()]
    while waiting:
        thing, depth = waiting.pop(0)
        if isinstance(thing, plain) or callable(thing) and not isinstance(thing, type) and not attributes_of(thing) or any(thing is known for known in found):
            continue
        found.append(thing)
        level[id(thing)] = depth
        waiting += [(inner, depth + 1) for inner in contents(thing).values()]

    boxes = {}
    for thing in found:
        rows = []
        for name, inner in contents(thing).items():
            refers = any(inner is known for known in found)
            bare = inner is None and isinstance(thing, type)
            rows.append((f"{name}" if bare else f"{name}: •" if refers else f"{name}: {short(inner)}", "black"))
        head = f"class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
        boxes[id(thing)] = head, rows, card_size(head, rows)
    columns = [[thing for thing in found if level[id(thing)] == c] for c in range(max(level.values()) + 1)]
    widths = [max((boxes[id(thing)][2][0] for thing in column), default=0) for column in columns]
    heights = [sum(boxes[id(thing)][2][1] + 0.3 for thing in column) for column in columns]
    first = LETTER * max(len(name) for name in names) + 0.35
    height = max([*heights, 0.45 * len(names)])
    axes = canvas(first + sum(widths) + 0.9 * len(columns) + 0.2, height + 0.1, title)
    place, rows_at, left = {}, {}, first + 0.8
    for column, width, tall in zip(columns, widths, heights):
        top = (height + tall) / 2 - 0.1
        for thing in column:
            head, rows, (_, own) = boxes[id(thing)]
            colour = PURPLE if isinstance(thing, type) else GREEN if isinstance(thing, (list, tuple)) else BLUE
            rows_at[id(thing)] = left + width, card(axes, left, top, width, head, rows, colour)
            place[id(thing)] = left, top - 0.16
            top -= own + 0.3
        left += width + 0.9
    spots = sorted(names, key=lambda name: -place[id(names[name])][1])
    for n, name in enumerate(spots):
        y = height / 2 + 0.45 * ((len(spots) - 1) / 2 - n)
        axes.text(0.1, y, name, va="center", family="monospace", fontsize=10.5, fontweight="bold")
        arrow(axes, (0.2 + LETTER * 1.1 * len(name), y), place[id(names[name])])
    for thing in found:
        right, levels = rows_at[id(thing)]
        for y, inner in zip(levels, contents(thing).values()):
            if id(inner) in place and any(inner is known for known in found):
                arrow(axes, (right - 0.08, y), place[id(inner)], ORANGE)
    plt.show()


def draw_classes(kinds, title, inner=None):
    """A class diagram: each class with what it says itself, parents above their children. Orange: it replaces what a parent says."""
    depth = {}
    for kind in kinds:
        depth[kind] = max([depth[base] + 1 for base in kind.__bases__ if base in depth], default=0)
    boxes = {}
    for kind in kinds:
        rows = []
        for name, member in members_of(kind).items():
            if inner is not None and name not in inner:
                continue
            replaces = any(name in members_of(parent) for parent in kind.__mro__[1:] if parent in depth)
            waiting = getattr(member, "__isabstractmethod__", False)
            rows.append((name + kind_of_member(member) + (" abstract" if waiting else ""), GREY if waiting else ORANGE if replaces else "black"))
        boxes[kind] = kind.__name__, rows, card_size(kind.__name__, rows)
    floors = [[kind for kind in kinds if depth[kind] == d] for d in range(max(depth.values()) + 1)]
    tall = [max(boxes[kind][2][1] for kind in floor) for floor in floors]
    wide = [sum(boxes[kind][2][0] + 0.4 for kind in floor) for floor in floors]
    axes = canvas(max(wide), sum(tall) + 0.55 * (len(floors) - 1) + 0.1, title)
    ends, top = {}, sum(tall) + 0.55 * (len(floors) - 1) + 0.05
    for floor, height, width in zip(floors, tall, wide):
        left = (max(wide) - width) / 2 + 0.2
        for kind in floor:
            name, rows, (own_width, own_height) = boxes[kind]
            card(axes, left, top, own_width, name, rows, GREY if inspect.isabstract(kind) else BLUE, "italic" if inspect.isabstract(kind) else "normal")
            ends[kind] = left + own_width / 2, top, top - own_height
            left += own_width + 0.4
        top -= height + 0.55
    for kind in kinds:
        for base in kind.__bases__:
            if base in ends:
                arrow(axes, ends[kind][:2], (ends[base][0], ends[base][2]))
    plt.show()


def draw_lookup(kind, names, title):
    """Who answers: the classes in the order in which Python asks them, and which of them says what."""
    asked = [parent for parent in kind.__mro__ if parent is not ABC]
    first = LETTER * max(len(name) for name in names) + 0.5
    width = max(1.2, LETTER * 1.2 * max(len(parent.__name__) for parent in asked) + 0.3)
    axes = canvas(first + width * len(asked) + 0.1, 0.42 * (len(names) + 1) + 0.35, title)
    top = 0.42 * (len(names) + 1)
    arrow(axes, (first, top + 0.25), (first + width * len(asked), top + 0.25))
    for column, parent in enumerate(asked):
        axes.text(first + width * (column + 0.5), top, f"{column + 1}. {parent.__name__}", ha="center", va="center", fontweight="bold", fontsize=10.5)
    for n, name in enumerate(names):
        y, answered = top - 0.42 * (n + 1), False
        axes.text(0.1, y, name, va="center", family="monospace", fontsize=10)
        for column, parent in enumerate(asked):
            says = name in vars(parent)
            text, face, colour = ("answers", BLUE, "white") if says and not answered else ("hidden", "white", GREY) if says else ("", "#EEEEEE", GREY)
            answered = answered or says
            axes.add_patch(plt.Rectangle((first + width * column + 0.04, y - 0.17), width - 0.08, 0.34, facecolor=face, edgecolor=GREY, lw=0.8))
            axes.text(first + width * (column + 0.5), y, text, ha="center", va="center", color=colour, fontsize=10)
    plt.show()


def draw_flow(boxes, arrows, title, height=2.2, width=9.6):
    """Boxes (x, y, text, colour) in inches, and arrows (from, to, text) between them."""
    axes = canvas(width, height, title)
    drawn = [axes.text(x, y, text, ha="center", va="center", fontsize=10, zorder=3, bbox={"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": colour, "lw": 1.5}) for x, y, text, colour in boxes]
    axes.figure.draw_without_rendering()  # gives every box its size, for the arrows to end at
    for start, end, text in arrows:
        (x0, y0), (x1, y1) = boxes[start][:2], boxes[end][:2]
        arrow(axes, (x0, y0), (x1, y1), patchA=drawn[start].get_bbox_patch(), patchB=drawn[end].get_bbox_patch())
        axes.text((x0 + x1) / 2, (y0 + y1) / 2 + (0.13 if y0 == y1 else 0), text, ha="center", va="center", fontsize=9.5, color=GREY,
                  bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"} if text else None)
    plt.show()


def draw_tree(root, title):
    """A tree, root on the left. A vertex is (name, text, vertices below it, or None for a parameter); behind a parameter stands its dotted name."""
    vertices, edges, names = [], [], []

    def walk(vertex, depth, path):
        name, text, below = vertex
        number = len(vertices)
        vertices.append([depth, 0.0, name, text, below is None])
        if below is None:
            vertices[number][1] = float(len(names))
            names.append((".".join(path), depth))
            return number
        children = [walk(child, depth + 1, [*path, child[0]]) for child in below]
        edges.extend((number, child) for child in children)
        if children:
            vertices[number][1] = sum(vertices[child][1] for child in children) / len(children)
        else:
            vertices[number][1] = float(len(names))
            names.append(("", depth))
        return number

    walk(root, 0, [])
    step = LETTER * 1.15 * max(len(f"{name}: {text}") for _, _, name, text, _ in vertices) + 0.6
    deepest = max(depth for depth, *_ in vertices)
    height = 0.46 * len(names)
    axes = canvas(step * (deepest + 1) + LETTER * 1.15 * max(len(name) for name, _ in names) + 0.6, height, title)
    for start, end in edges:
        (x0, y0), (x1, y1) = vertices[start][:2], vertices[end][:2]
        axes.plot([step * (x0 + 0.45), step * (x1 + 0.45)], [height - 0.46 * (y0 + 0.5), height - 0.46 * (y1 + 0.5)], color=GREY, lw=1, zorder=1)
    for depth, row, name, text, leaf in vertices:
        colour, shape = (ORANGE, "round4") if leaf else (BLUE, "square")
        axes.text(step * (depth + 0.45), height - 0.46 * (row + 0.5), f"{name}: {text}" if name else text, ha="center", va="center", fontsize=10, zorder=2,
                  bbox={"boxstyle": f"{shape},pad=0.35", "facecolor": "white", "edgecolor": colour, "lw": 1.5})
    for row, (name, _) in enumerate(names):
        axes.text(step * (deepest + 0.97), height - 0.46 * (row + 0.5), name, va="center", family="monospace", fontsize=10)
    plt.show()


draw_tree(
    ("", "Network", [
        ("left", "Neuron", [("weight", "(1.2, -0.7)", None), ("bias", "0.1", None)]),
        ("right", "Neuron", [("weight", "(-0.4, 0.9)", None), ("bias", "-0.3", None)]),
        ("head", "Neuron", [("weight", "(0.8, 1.1)", None), ("bias", "0.0", None)]),
    ]),
    "A network is a tree: modules in blue, parameters in orange, and the name of each parameter",
)

# %% [markdown]
# ## 1 · A class and its objects
#
# **Why.** Suppose a program keeps track of dogs. One dog is a name and an age; ten dogs are ten names and ten ages, in twenty variables or in two lists that must never get out of step. The functions that work
# on dogs lie somewhere else, and nothing says that they belong together. A *class* puts together what belongs together: the data of one dog, and the functions that use it.
#
# **Words.** Everything that Python can give a name to is an **object**: a number, a list, a function. A **class** is a description of a kind of object; `list` is one, and you are about to write your own. An **instance** of a
# class is an object that was made from it. An **attribute** is something that an object holds under a name, written with a dot: `lamp.watts`. A **method** is a function that is written in a class, called with a dot: `lamp.describe()`.
#
# The next cell is a complete class. Read it with the remarks below.

# %% nbgrader={"grade": false, "grade_id": "lamp", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Lamp:
    volts = 230

    def __init__(self, room, watts):
        self.room = room
        self.watts = watts

    def describe(self):
        return f"{self.room}: {self.watts} W at {self.volts} V"


# %% nbgrader={"grade": false, "grade_id": "lamp_used", "locked": true, "schema_version": 3, "solution": false, "task": false}
desk, hall = Lamp("desk", 8), Lamp("hall", 15)
print(desk.describe())
print(Lamp.describe(hall))
draw_objects({"desk": desk, "hall": hall}, "Two lamps and their class", classes=True)

# %% [markdown]
# In the picture, a grey arrow leads from a name to the object that it names, and an orange one from an attribute to the object that it refers to. Each lamp knows its class: that is the arrow behind `class`.
#
# * `Lamp("desk", 8)` makes a new, empty instance and then calls `__init__` with it. Names with two underscores on each side are those that Python itself calls; this one is the **constructor**. Its first parameter,
#   `self`, is the new instance. `self.room = room` stores an **instance attribute**: it belongs to this lamp alone.
# * `volts = 230` stands in the class, outside of every method. It is a **class attribute**: there is one, in the class, for all lamps.
# * `desk.describe()` finds the function `describe` in the class and calls it with `desk` as `self`. It is a short way to write `Lamp.describe(desk)`.
#
# **The rule.** To read `desk.volts`, Python looks **first into the object, then into its class** (and then into the classes that this class was made from, which is section 3). To write `desk.volts = 12`, Python never searches: it
# stores the value in the object itself. (Section 2 adds the one exception, properties.)
#
# **By hand.** Follow the rule through four lines, with the two lamps of the picture:
#
# | line | what it does | `desk.volts` | `hall.volts` |
# |---|---|---|---|
# | | neither lamp holds `volts`, so both find that of the class | 230 | 230 |
# | `desk.volts = 12` | stores 12 in `desk`; from now on it hides the class's | 12 | 230 |
# | `Lamp.volts = 110` | changes the one in the class | 12 | 110 |
# | `del desk.volts` | takes the 12 away; the search goes on to the class again | 110 | 110 |
#
# **The trap.** A line such as `desk.repairs.append("fuse")` does not *write* `desk.repairs`. It *reads* it, and then changes the list that it finds. If that list is a class attribute, it is the list of all lamps.

# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def exception_of(action):
    """The name of the exception that `action` raises, or None: the checks of this notebook ask with it for refusals."""
    try:
        action()
    except Exception as error:
        return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return None


# %% [markdown]
# **Write** the class `Dog`.
#
# * `Dog(name, age)` stores the two as `.name` and `.age`. The class attribute `species` is given: `"Canis familiaris"`, once for all dogs.
# * `.bark()` returns the string `"NAME says woof"`, with the dog's name at the moment of barking. It returns it; it does not print.
# * `.birthday()` adds one year to this dog's age, and returns nothing.
# * `.tricks` is the list of the tricks that this dog knows, empty at first; `.add_trick(trick)` adds a string at its end. **One list for each dog.**
#
# <details><summary>Hint 1: shapes</summary>
#
# A dog holds three things of its own: a string, a whole number and a list of strings. The class holds one: the species. `bark` takes nothing besides `self` and gives a string; `birthday` and `add_trick` give nothing.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The constructor runs once for each dog. So what is made inside the constructor is made once for each dog; what is made outside it is made once for all.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# constructor: store the name; store the age; store a new empty list.
# bark: put the name of this dog in front of the words, and give that back.
# birthday: the age of this dog becomes one more than it was.
# add_trick: append to the list of this dog.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "dog_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Dog:
    """A dog with a name, an age in years, and tricks.

    >>> rex = Dog("Rex", 3)
    >>> rex.bark()
    'Rex says woof'
    >>> rex.birthday()
    >>> rex.age
    4
    """

    species = "Canis familiaris"

    def __init__(self, name: str, age: int) -> None:
        """name: what the dog is called. age: in whole years. The dog knows no tricks yet."""
        ### BEGIN SOLUTION
        self.name = name
        self.age = age
        self.tricks: list[str] = []
        ### END SOLUTION

    def bark(self) -> str:
        """What the dog says, such as 'Rex says woof'."""
        ### BEGIN SOLUTION
        return f"{self.name} says woof"
        ### END SOLUTION

    def birthday(self) -> None:
        """Make the dog one year older."""
        ### BEGIN SOLUTION
        self.age += 1
        ### END SOLUTION

    def add_trick(self, trick: str) -> None:
        """Add a trick at the end of this dog's list."""
        ### BEGIN SOLUTION
        self.tricks.append(trick)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dog", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Dogs that share nothing but a species", "difficulty": 1, "minutes": 10, "needs": []}
def check_dog():
    rex, fido = Dog("Rex", 3), Dog("Fido", 7)
    for dog, name, age in [(rex, "Rex", 3), (fido, "Fido", 7)]:
        found = (getattr(dog, "name", "nothing"), getattr(dog, "age", "nothing"))
        assert found == (name, age), f"Dog({name!r}, {age}) should hold .name {name!r} and .age {age}, not {found[0]!r} and {found[1]!r}"

    said = rex.bark()
    assert said is not None, "bark() gave None: return the string, do not print it"
    assert said == "Rex says woof", f"bark() of Rex should return 'Rex says woof', not {said!r}"

    rex.birthday()
    assert rex.age == 4, f"after a birthday Rex, 3, should be 4, not {rex.age}"
    assert fido.age == 7, f"Rex had a birthday, and now Fido is {fido.age}: the age belongs to each dog itself"

    assert rex.tricks == [], f"a new dog knows no tricks: .tricks should be [], not {rex.tricks!r}"
    rex.add_trick("sit")
    rex.add_trick("roll over")
    assert rex.tricks == ["sit", "roll over"], f"Rex learnt to sit, then to roll over; his tricks are {rex.tricks!r}"
    assert fido.tricks == [], f"Rex learnt two tricks, and now Fido knows {fido.tricks!r}: make a new list for each dog, in the constructor"
    assert Dog("Kim", 1).tricks == [], "a dog that is born later should know no tricks either"
    assert Dog.species == fido.species == "Canis familiaris", "the species belongs to the class: Dog.species"
    print("Dog: names, barking, birthdays and one list of tricks for each dog are right")


check_dog()

# %% [markdown]
# ### Look at it: your dogs in memory
#
# > **Predict.** The cell makes two dogs and three names: `rex`, `fido`, and then `pet = rex`. How many dogs will the picture show? How many lists? Rex learns to sit by `pet.add_trick("sit")`: where does the word appear?

# %% nbgrader={"grade": false, "grade_id": "dogs_drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_dogs():
    rex, fido = Dog("Rex", 3), Dog("Fido", 7)
    pet = rex
    pet.add_trick("sit")
    fido.add_trick("fetch")
    draw_objects({"rex": rex, "pet": pet, "fido": fido}, "Three names, two dogs, two lists, one class", classes=True)


draw_dogs()

# %% [markdown]
# **What to see.** A name is not an object; it is an arrow to one. `pet = rex` made a second arrow and no second dog, so what `pet` learns, `rex` knows. Each dog has an arrow to a list of its own. The species and the methods are
# in the class, once.
#
# ### Find the bug
#
# Two programmers wanted to save a line in the constructor. Both their dogs behave well as long as there is only one of them.
#
# > **Predict.** For each of the two classes: how many lists are there for two dogs, and where does that list live? (Not graded.)

# %% nbgrader={"grade": false, "grade_id": "bug_shared", "locked": true, "schema_version": 3, "solution": false, "task": false}
class HastyDog:
    tricks = []

    def __init__(self, name):
        self.name = name


class SharingDog:
    def __init__(self, name, tricks=[]):
        self.name = name
        self.tricks = tricks


def show_shared_lists():
    for kind in (HastyDog, SharingDog):
        rex, fido = kind("Rex"), kind("Fido")
        rex.tricks.append("sit")
        print(f"{kind.__name__}: Rex learnt to sit. Fido, who learnt nothing, knows {fido.tricks}")
        draw_objects({"rex": rex, "fido": fido}, f"Two dogs of the class {kind.__name__}", classes=kind is HastyDog)


show_shared_lists()

# %% [markdown]
# <details><summary>Answer</summary>
#
# One list each time. `HastyDog` keeps it in the class: neither dog holds `tricks`, so both find that of the class, and `append` changes it. `SharingDog` looks better, because each dog has the attribute. But a default value is made **once**, when
# Python reads the line with `def`, and not at each call. Every dog that is made without tricks gets the same list. The rule: never use something that can change (a list, a dictionary, a set) as a default value. Write
# `tricks=None`, and make the new list inside.
#
# </details>

# %% [markdown]
# ## 2 · Encapsulation: state that cannot go wrong
#
# **Why.** Nothing stops anyone from writing `rex.age = -3`, or `rex.age = "three"`. The line runs. The error shows much later, in another part of the program, when somebody computes with the age. It would be better if the wrong line itself
# failed. **Encapsulation** means that an object guards its own state: whoever wants to change it has to come through a gate, and the gate checks.
#
# What the gate guards is called an **invariant**: a sentence about the object that is true from the moment it is made, and after every change. For a person: *the age is a whole number and not negative*.
#
# **A property** is such a gate. It looks like an attribute from outside and is a pair of methods inside: one is called when the attribute is read, the **getter**, and one when it is assigned, the **setter**. The value itself lies in an attribute whose
# name begins with an underscore. The underscore is a sign on the door: *private, use the gate*. Python does not lock the door; programmers keep to the sign.

# %% nbgrader={"grade": false, "grade_id": "thermometer", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Thermometer:
    def __init__(self, celsius):
        self.celsius = celsius  # through the gate

    @property
    def celsius(self):
        return self._celsius

    @celsius.setter
    def celsius(self, degrees):
        if degrees < -273.15:
            raise ValueError(f"nothing is colder than -273.15 degrees, not even {degrees}")
        self._celsius = degrees

    @property
    def kelvin(self):
        return self._celsius + 273.15


# %% nbgrader={"grade": false, "grade_id": "gate_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
outside = Thermometer(20.0)
outside.celsius = 25.0
print(f"{outside.celsius} degrees Celsius are {outside.kelvin} kelvin; held in memory: {vars(outside)}")
print("celsius = -300 raises", exception_of(lambda: setattr(outside, "celsius", -300.0)), "and leaves", outside.celsius)
print("kelvin = 0 raises", exception_of(lambda: setattr(outside, "kelvin", 0.0)))
draw_flow(
    [(1.4, 1.75, "Thermometer(20.0)", BLUE), (1.4, 0.95, "outside.celsius = 25.0", BLUE), (4.7, 1.35, "setter\nchecks", ORANGE), (7.6, 1.35, "_celsius", BLUE),
     (4.7, 0.35, "ValueError", GREY), (7.6, 0.35, "outside.celsius", BLUE)],
    [(0, 2, ""), (1, 2, ""), (2, 3, "right"), (2, 4, "wrong"), (3, 5, "getter")],
    "One gate for two ways in: the constructor, and a later assignment",
)

# %% [markdown]
# Read the class and the picture side by side.
#
# * `@property` above a function makes it the getter of an attribute of that name. (A line that begins with `@` is a **decorator**: it hands the function below it to something that changes it.) `@celsius.setter` adds the setter. Both functions have the **same name**.
# * A property without a setter is **read-only**: assigning to `kelvin` raises `AttributeError`.
# * The constructor assigns to `self.celsius`, not to `self._celsius`. So it goes through the gate as well, and the rule is written in one place.
# * Inside the setter the value goes to `self._celsius`, *with* the underscore. Had it been `self.celsius`, the setter would call itself, and that call again, until Python gives up with `RecursionError`.
# * The setter checks **first** and stores **afterwards**. When it raises, nothing has been stored, and the old value is still there.
#
# **Which exception?** `raise ValueError("…")` breaks off what is going on and reports an error; the word after `raise` is the kind of error, a class like any other, and the string says what happened. `TypeError` says *this is the wrong kind of thing*: a string where a number belongs. `ValueError` says *the kind is right, the value is not*: −3 for an age. Ask `isinstance(x, int)` for the kind. One surprise waits there:
# `True` and `False` count as whole numbers in Python (`bool` is made from `int`), so `isinstance(True, int)` is `True`. If they are not welcome, they have to be refused by name.
#
# **By hand.** `Person("Ada", -1)`: the constructor assigns the name; the gate asks: a string? yes. Blank? no. Stored. It assigns the age; the gate asks: an int? yes. A bool? no. Below 0? Yes: `ValueError`. The constructor ends there, and no person comes out. With
# `Person("Ada", "1")` the first question already fails: `TypeError`. It would make no sense to ask whether `"1"` is below 0.

# %% [markdown]
# **Write** the class `Person`, with two properties.
#
# * `Person(name, age)`. `.name` and `.age` are properties that can be read and assigned. Where the values are kept is up to you.
# * A name is a string; anything else raises `TypeError`. A blank name, with no characters or with white space alone, raises `ValueError`. A good name is kept exactly as it is given.
# * An age is an `int`; anything else raises `TypeError`: `36.0`, `"36"`, and `True` and `False`, too. An age below 0 raises `ValueError`; 0 is fine.
# * The same rules hold at construction and at every assignment. A refused assignment leaves the old value.
#
# <details><summary>Hint 1: shapes</summary>
#
# Two gates, each of two methods with the same name: a getter, which takes `self` and gives the value, and a setter, which takes `self` and the new value and gives nothing. The constructor has two lines.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# A string is blank if nothing is left of it after `strip()`. Kind first, value second: the second question makes sense only after the first. A bool is an int to `isinstance`, so an age passes if it is an int *and not* a bool.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# constructor: assign the name through its gate; assign the age through its gate.
# getter: give back what is stored under the private name.
# setter of the name: refuse what is no string; refuse what is blank; store it under the private name.
# setter of the age: refuse bools and what is no int; refuse what is below 0; store it under the private name.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "person_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Person:
    """A person whose name and age are always valid.

    name: a string that is not blank. age: an int, 0 or more; not a bool. Both are properties.
    TypeError for the wrong kind, ValueError for the wrong value, at construction and at assignment.

    >>> ada = Person("Ada", 36)
    >>> ada.age = 37
    >>> ada.age
    37
    """

    def __init__(self, name: str, age: int) -> None:
        # The two properties, with getter and setter each, follow below the constructor.
        ### BEGIN SOLUTION
        self.name = name
        self.age = age

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a name is a string, not {type(name).__name__}")
        if not name.strip():
            raise ValueError("a name is not blank")
        self._name = name

    @property
    def age(self) -> int:
        return self._age

    @age.setter
    def age(self, age: int) -> None:
        if isinstance(age, bool) or not isinstance(age, int):
            raise TypeError(f"an age is an int, not {type(age).__name__}")
        if age < 0:
            raise ValueError(f"an age is 0 or more, not {age}")
        self._age = age
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "person", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A person who is never minus three", "difficulty": 1, "minutes": 15, "needs": []}
def check_person():
    try:
        ada = Person("Ada", 36)
    except RecursionError:
        raise AssertionError("a setter calls itself: inside the setter, store the value under a private name, with an underscore") from None
    found = (getattr(ada, "name", "nothing"), getattr(ada, "age", "nothing"))
    assert found == ("Ada", 36), f"Person('Ada', 36) should have the name 'Ada' and the age 36, not {found[0]!r} and {found[1]!r}"
    ada.name, ada.age = "Ada Lovelace", 0
    assert (ada.name, ada.age) == ("Ada Lovelace", 0), f"after assigning 'Ada Lovelace' and 0 they should be there, not {ada.name!r} and {ada.age!r}"

    for attribute, wrong, expected in [
        ("age", "36", "TypeError"),
        ("age", 36.0, "TypeError"),
        ("age", True, "TypeError"),
        ("age", -1, "ValueError"),
        ("name", 7, "TypeError"),
        ("name", "", "ValueError"),
        ("name", "  ", "ValueError"),
    ]:
        grace = Person("Grace", 85)
        made = exception_of(lambda: Person(wrong, 85) if attribute == "name" else Person("Grace", wrong))
        assert made == expected, f"a Person with the {attribute} {wrong!r} should be refused: {expected}; the constructor gave {made}"
        given = exception_of(lambda: setattr(grace, attribute, wrong))
        assert given == expected, f"person.{attribute} = {wrong!r} should raise {expected}; it gave {given}"
        assert (grace.name, grace.age) == ("Grace", 85), f"after the refused {attribute} {wrong!r}, the old values should still be there, not {grace.name!r} and {grace.age!r}"
    for attribute in ("name", "age"):
        gate = next((vars(kind)[attribute] for kind in Person.__mro__ if attribute in vars(kind)), None)
        assert hasattr(type(gate), "__set__"), f"{attribute} should be a property of the class Person, with a setter"
    print("Person: both gates hold, for the constructor and for assignments")


check_person()

# %% [markdown]
# ### Take it away: half a gate
#
# Two popular savings leave one of the two ways in unguarded. The first class checks in its constructor only, the second in its setter only, and its constructor stores the age directly.
#
# > **Predict.** The cell tries eight ages on three classes, by constructor and by assignment: 8 × 6 fields. In which fields will an age get in that should not? What happens to 36.0, which is a whole number to us?

# %% nbgrader={"grade": false, "grade_id": "half_a_gate", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_gates():
    class GuardedAtBirth:
        def __init__(self, name, age):
            Person(name, age)  # your own checks, asked once
            self.name, self.age = name, age

    class GuardedLater:
        def __init__(self, name, age):
            self._age = age

        def change(self, age):
            Person("Ada", age)
            self._age = age

        age = property(lambda self: self._age, change)

    ages = [36, 0, -1, True, 36.0, "36", None, 10**6]
    figure, axes = plt.subplots(figsize=(9.5, 4), layout="constrained")
    for column, kind in enumerate([Person, GuardedAtBirth, GuardedLater]):
        for row, age in enumerate(ages):
            for way, action in enumerate([lambda: kind("Ada", age), lambda: setattr(kind("Ada", 1), "age", age)]):
                outcome = exception_of(action) or "gets in"
                wrong = outcome == "gets in" and row in (2, 3, 4, 5, 6)
                face = ORANGE if wrong else "#DDEAF3" if outcome == "gets in" else "white"
                axes.add_patch(plt.Rectangle((2 * column + way, row), 1, 1, facecolor=face, edgecolor=GREY, lw=0.8))
                axes.text(2 * column + way + 0.5, row + 0.5, outcome, ha="center", va="center", fontsize=9.5, color="white" if wrong else "black")
    axes.set(xlim=(0, 6), ylim=(len(ages), 0), title="Which ages get in? Orange: one that should not")
    axes.set_xticks([0.5 + n for n in range(6)], ["yours:\nconstructor", "yours:\nassignment", "checks at birth:\nconstructor", "checks at birth:\nassignment", "checks later:\nconstructor", "checks later:\nassignment"], fontsize=9.5)
    axes.set_yticks([0.5 + n for n in range(len(ages))], [repr(age) for age in ages], family="monospace")
    axes.tick_params(length=0)
    plt.show()


draw_gates()

# %% [markdown]
# **What to see.** Your two columns agree in every row. In each of the other classes one of the two columns is orange: the rule was written once, at one of two doors. `36.0` is refused because we said *int*; a rule that takes it would be
# as good, if it is written down. And `1000000` gets in everywhere: the invariant does not say that people die. A gate guards what was written, no more.

# %% [markdown]
# ## 3 · Inheritance: say only what is different
#
# **Why.** Cats eat, dogs eat, birds eat. Three classes with the same method are three places to change when the method changes, and one of them will be forgotten. **Inheritance** lets a class be made *from* another: it has everything that the other
# has, and says only what is different.
#
# **Words.** In `class Dimmer(Lamp)`, `Lamp` is the **parent** (or base) and `Dimmer` the **child** (or subclass). A method that the child writes again, under the same name, **overrides** the parent's. If the child's method calls the parent's and adds to it, it
# **extends** it. `super()` is how it calls the parent's.

# %% nbgrader={"grade": false, "grade_id": "dimmer", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Dimmer(Lamp):
    def __init__(self, room, watts, level):
        super().__init__(room, watts)
        self.level = level

    def describe(self):
        return super().describe() + f", dimmed to {self.level:.0%}"


# %% nbgrader={"grade": false, "grade_id": "dimmer_drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
sofa = Dimmer("sofa", 20, 0.4)
print(sofa.describe())
draw_classes([Lamp, Dimmer], "A class diagram: the child below its parent; orange overrides or extends the parent")
draw_lookup(Dimmer, ["__init__", "describe", "volts"], "Who answers for a Dimmer? Python asks from left to right")

# %% [markdown]
# **The rule, in full.** Every class has a list of classes in which Python looks for attributes, in this order. It is called the **method resolution order**, MRO: the class itself, then its parents, and at last `object`, from which everything is made. Read it with
# `Dimmer.__mro__`. The first class in the list that says something answers; what later classes say about it is hidden.
#
# **`super()`** means: *go on in that list, behind the class in which this line is written.* In `Dimmer.describe` it finds `Lamp.describe`; `self` stays the same object. (Without `super()`, `self.describe()` would find `Dimmer.describe` again, for ever.)
#
# **The constructor is a method like any other.** If `Dimmer` has an `__init__` of its own, then `Lamp.__init__` does **not** run by itself. Leave `super().__init__(room, watts)` out, and a dimmer has no room and no watts. Nothing complains
# until somebody asks for them.
#
# **By hand.** `sofa.describe()`: the MRO of `Dimmer` is (`Dimmer`, `Lamp`, `object`). `describe` is found in `Dimmer`. Its first part, `super().describe()`, goes on behind `Dimmer` and finds `Lamp.describe`: `"sofa: 20 W at 230 V"`; for `volts` the search starts afresh, in the object
# itself, and ends in `Lamp`. The second part adds `", dimmed to 40%"`.

# %% [markdown]
# **Write** `Animal` and its child `Cat`.
#
# * `Animal(name)` stores `.name`. `.eat(food)` returns `"NAME eats FOOD"`; `.speak()` returns three dots, `"..."`.
# * `Cat(name, colour)` is an `Animal`; it stores `.colour` besides. The name is stored by the constructor of `Animal`.
# * A cat's `.speak()` returns `"Meow"`. A cat's `.eat(food)` returns what the parent's `eat` says, with `" and purrs"` added: `"Tom eats fish and purrs"`.
# * Reach the parent by `super()`, in the constructor and in `eat`; do not write its name and do not repeat its code. Tests put another class between `Cat` and `Animal` in the MRO, and it has to have its turn. (The picture after the check shows how that comes about.)
#
# <details><summary>Hint 1: shapes</summary>
#
# `Animal` has three methods, the constructor included; `Cat` has three as well, each overriding or extending one of them. All but the constructors give strings.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# What a cat says at dinner = what comes next in the MRO says at dinner + " and purrs". What a cat is = what comes next in the MRO makes of its name, and a colour.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# Animal: the constructor stores the name; eat joins name, "eats" and food with spaces; speak gives the three dots.
# Cat: the constructor calls the next constructor with the name, then stores the colour; speak gives its own word; eat calls the next eat with the food and adds to the answer.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "animal_cat_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Animal:
    """An animal with a name.

    >>> Animal("Rex").eat("bones")
    'Rex eats bones'
    """

    def __init__(self, name: str) -> None:
        """name: what the animal is called."""
        ### BEGIN SOLUTION
        self.name = name
        ### END SOLUTION

    def eat(self, food: str) -> str:
        """'NAME eats FOOD'"""
        ### BEGIN SOLUTION
        return f"{self.name} eats {food}"
        ### END SOLUTION

    def speak(self) -> str:
        """Three dots: an animal in general says nothing in particular."""
        ### BEGIN SOLUTION
        return "..."
        ### END SOLUTION


class Cat(Animal):
    """An animal with a colour, which says Meow, and purrs after eating.

    >>> Cat("Tom", "grey").eat("fish")
    'Tom eats fish and purrs'
    """

    def __init__(self, name: str, colour: str) -> None:
        # What a cat does in another way than an animal in general follows below the constructor.
        ### BEGIN SOLUTION
        super().__init__(name)
        self.colour = colour

    def eat(self, food: str) -> str:
        return super().eat(food) + " and purrs"

    def speak(self) -> str:
        return "Meow"
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "animal_cat", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A cat is an animal", "difficulty": 1, "minutes": 15, "needs": []}
def check_animal_cat():
    rex = Animal("Rex")
    assert getattr(rex, "name", None) == "Rex", "Animal('Rex').name should be 'Rex'"
    for text, said, expected in [("eat('bones') of Rex", rex.eat("bones"), "Rex eats bones"), ("speak() of an animal", rex.speak(), "...")]:
        assert said is not None, f"{text} gave None: return the string, do not print it"
        assert said == expected, f"{text} should return {expected!r}, not {said!r}"

    tom = Cat("Tom", "grey")
    assert isinstance(tom, Animal), "a Cat should be an Animal: class Cat(Animal)"
    assert getattr(tom, "name", None) == "Tom", "Cat('Tom', 'grey') has no name 'Tom': does its constructor call the one of Animal, by super().__init__(name)?"
    assert getattr(tom, "colour", None) == "grey", "Cat('Tom', 'grey').colour should be 'grey'"
    assert tom.speak() == "Meow", f"a cat says 'Meow', not {tom.speak()!r}"
    assert tom.eat("fish") == "Tom eats fish and purrs", f"a cat's eat('fish') should return 'Tom eats fish and purrs', not {tom.eat('fish')!r}"

    class Guest(Animal):
        def eat(self, food):
            return super().eat(food) + " politely"

    class CatGuest(Cat, Guest):
        pass

    heard = CatGuest("Mia", "black").eat("fish")
    assert heard == "Mia eats fish politely and purrs", f"a class between Cat and Animal in the MRO should have its turn: 'Mia eats fish politely and purrs', not {heard!r}. Call super().eat(food)"
    print("Animal and Cat: what is inherited, what is overridden and what is extended are right")


check_animal_cat()

# %% [markdown]
# ### Look at it: a diamond
#
# A class may have several parents. `class Otter(Swimmer, Runner)` has two, and both are made from your `Animal`: four classes in the shape of a diamond. The MRO follows two rules: **a child comes before its parents**, and **parents come in the order in which they are written**. Each
# class is in it once.
#
# > **Predict.** `Swimmer.eat` adds `", swimming"` to what `super().eat` says, `Runner.eat` adds `", running"`, and `Otter` says nothing of its own. Write down the MRO of `Otter`, and then the whole string that comes out. Which class does `super()` mean, inside `Swimmer`?

# %% nbgrader={"grade": false, "grade_id": "diamond", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_diamond():
    class Swimmer(Animal):
        def eat(self, food):
            return super().eat(food) + ", swimming"

    class Runner(Animal):
        def eat(self, food):
            return super().eat(food) + ", running"

        def speak(self):
            return "Hff"

    class Otter(Swimmer, Runner):
        pass

    draw_classes([Animal, Swimmer, Runner, Otter], "A diamond: two parents with the same parent, which is yours")
    draw_lookup(Otter, ["__init__", "eat", "speak"], "The MRO of Otter: who answers?")
    print("an otter:  ", Otter("Oda").eat("fish"))
    print("a swimmer: ", Swimmer("Sam").eat("fish"))


draw_diamond()

# %% [markdown]
# **What to see.** For an otter, `super()` in `Swimmer` is `Runner`, a class that `Swimmer` has never heard of; for a swimmer it is `Animal`. That is why we say "the next in the MRO" and not "the parent". Had `Swimmer` written `Animal.eat(self, food)`, the
# running would be lost. (`speak` is answered by `Runner`, although `Animal` has it as well: in the list, `Runner` comes first.)

# %% [markdown]
# ## 4 · Abstraction: a promise without a body
#
# **Why.** Somebody adds up the areas of a list of shapes. What does that program need to know of a shape? Not whether it is round. Only this: *it has an area*. A list of such promises is called an **interface**. A class that states an interface and does not keep it itself is an
# **abstract class**; classes that keep it are **concrete**.
#
# In Python an abstract class is made from `ABC` (of the module `abc`, *abstract base classes*), and each promise is a method with the decorator `@abstractmethod`. Python then refuses to make instances of it, and of every subclass in which a promise is still open: `TypeError`, at once, and not months later when
# the missing method is called.

# %% nbgrader={"grade": false, "grade_id": "meter", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Meter(ABC):
    @abstractmethod
    def read(self):
        """The present value."""

    def report(self):
        return f"{type(self).__name__} shows {self.read()}"


class Clock(Meter):
    def read(self):
        return "12:30"


class Broken(Meter):
    pass


# %% nbgrader={"grade": false, "grade_id": "meter_used", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(Clock().report())
print("Meter() raises", exception_of(lambda: Meter()), "and Broken() raises", exception_of(lambda: Broken()))
draw_classes([Meter, Clock, Broken], "Italic and grey: abstract. Broken keeps no promise, so it is abstract, too")

# %% [markdown]
# Look at `report`. It is written once, in the abstract class, and calls a `read` that does not exist there. That it works with every concrete meter, each in its own way, is called **polymorphism**: one line, `self.read()`, with as many meanings as there are classes. The caller does not ask what kind of meter it is.
#
# **Formulas.** All lengths are in the same unit, areas in its square. Let $r > 0$ be the radius of a circle, $w > 0$ and $h > 0$ the width and height of a rectangle.
#
# | | area | perimeter: the length of the outline |
# |---|---|---|
# | circle | $\pi r^2$ | $2 \pi r$ |
# | rectangle | $w h$ | $2 (w + h)$ |
# | square of side $s$ | that of a rectangle with $w = h = s$ | the same |
#
# **By hand.** A rectangle 3 by 4: area 12, perimeter 14. A circle of radius 2: area $4\pi \approx 12.566$ and perimeter $4\pi$ as well (the only circle for which the two numbers agree). A square of side 3: area 9, perimeter 12.
#
# **Is a square a rectangle?** In geometry, yes. In a program it depends on what a rectangle promises. If sizes can be changed, a rectangle promises *set the width, and the height stays*. No square can keep that. Whoever takes a child for its parent has to be safe: this is **Liskov's substitution principle**, and
# it is the test of every `class Child(Parent)`. So our sizes are **read-only**. A shape never changes, and then a square is a rectangle in every respect.

# %% [markdown]
# **Write** `Circle`, `Rectangle` and `Square`. The interface `Shape` is given, in the first lines of the cell.
#
# * `Circle(r)` has `.r`, `Rectangle(w, h)` has `.w` and `.h`, `Square(side)` has `.side`, and `.w` and `.h` as well. All of them are read-only: assigning raises `AttributeError`, and the shape stays as it was.
# * A size that is not above 0 raises `ValueError`.
# * `.area()` and `.perimeter()` give the numbers of the table.
# * `Circle` and `Rectangle` are made from `Shape`; `Square` is made from `Rectangle`.
# * `Shape()`, and a subclass that lacks one of the two methods, raise `TypeError`. (The given lines see to that. Leave them in place.)
#
# <details><summary>Hint 1: shapes</summary>
#
# A circle keeps one number, a rectangle two. A square need not keep a third: its side is its width.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The formulas are in the table; π is `math.pi`. A read-only attribute is a property without a setter, over a private attribute. (A frozen dataclass does it, too, if you know them.)
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# circle: the constructor refuses a radius of 0 or less and stores it privately; a property shows it; two methods compute.
# rectangle: the same with two sizes, each of which may be wrong.
# square: the constructor hands its side to the next constructor, twice; a property shows the width under the name of the side; nothing else is needed.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "shapes_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Shape(ABC):
    """A plane figure. Abstract: it promises two methods and has neither."""

    @abstractmethod
    def area(self) -> float:
        """The area, in square units."""

    @abstractmethod
    def perimeter(self) -> float:
        """The length of the outline, in units."""


class Circle(Shape):
    """A circle of radius r > 0, read-only; otherwise ValueError.

    >>> round(Circle(2).area(), 3)
    12.566
    """

    def __init__(self, r: float) -> None:
        # The property r and the two methods follow below.
        ### BEGIN SOLUTION
        if r <= 0:
            raise ValueError(f"a radius is above 0, not {r}")
        self._r = r

    @property
    def r(self) -> float:
        return self._r

    def area(self) -> float:
        return math.pi * self._r**2

    def perimeter(self) -> float:
        return 2 * math.pi * self._r
        ### END SOLUTION


class Rectangle(Shape):
    """A rectangle of width w > 0 and height h > 0, read-only; otherwise ValueError.

    >>> Rectangle(3, 4).area(), Rectangle(3, 4).perimeter()
    (12, 14)
    """

    def __init__(self, w: float, h: float) -> None:
        # The properties w and h and the two methods follow below.
        ### BEGIN SOLUTION
        if w <= 0 or h <= 0:
            raise ValueError(f"width and height are above 0, not {w} and {h}")
        self._w, self._h = w, h

    @property
    def w(self) -> float:
        return self._w

    @property
    def h(self) -> float:
        return self._h

    def area(self) -> float:
        return self._w * self._h

    def perimeter(self) -> float:
        return 2 * (self._w + self._h)
        ### END SOLUTION


class Square(Rectangle):
    """A rectangle with four equal sides; its side > 0 is read-only; otherwise ValueError.

    >>> Square(3).area(), Square(3).w
    (9, 3)
    """

    def __init__(self, side: float) -> None:
        # The property side follows below.
        ### BEGIN SOLUTION
        super().__init__(side, side)

    @property
    def side(self) -> float:
        return self.w
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "shapes", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Shapes that keep a promise", "difficulty": 2, "minutes": 20, "needs": []}
def check_shapes():
    for kind in (Circle, Rectangle, Square):
        missing = ", ".join(sorted(getattr(kind, "__abstractmethods__", ())))
        assert not missing, f"{kind.__name__} does not keep the promise of Shape yet: it lacks {missing}"
    for text, make, area, perimeter in [
        ("Circle(2)", lambda: Circle(2), 4 * math.pi, 4 * math.pi),
        ("Circle(0.5)", lambda: Circle(0.5), math.pi / 4, math.pi),
        ("Rectangle(3, 4)", lambda: Rectangle(3, 4), 12, 14),
        ("Square(3)", lambda: Square(3), 9, 12),
    ]:
        shape = make()
        assert isinstance(shape, Shape), f"{text} should be a Shape"
        found = (shape.area(), shape.perimeter())
        assert None not in found, f"{text}: area() and perimeter() should return their numbers; they gave {found}"
        assert abs(found[0] - area) < 1e-9, f"{text} has the area {area:.4f}, not {found[0]}"
        assert abs(found[1] - perimeter) < 1e-9, f"{text} has the perimeter {perimeter:.4f}, not {found[1]}"

    assert issubclass(Square, Rectangle), "a Square should be made from Rectangle"
    square = Square(3)
    sizes = [getattr(square, name, "nothing") for name in ("side", "w", "h")]
    assert sizes == [3, 3, 3], f"Square(3) should have the side 3, the width 3 and the height 3, not {sizes}"
    for text, make in [
        ("Circle(0)", lambda: Circle(0)),
        ("Rectangle(-1, 2)", lambda: Rectangle(-1, 2)),
        ("Rectangle(2, 0)", lambda: Rectangle(2, 0)),
        ("Square(-3)", lambda: Square(-3)),
    ]:
        assert exception_of(make) == "ValueError", f"{text} should raise ValueError; it gave {exception_of(make)}"
    for text, shape, name, size in [("Circle(2)", Circle(2), "r", 2), ("Rectangle(3, 4)", Rectangle(3, 4), "h", 4), ("Square(3)", Square(3), "side", 3)]:
        given = exception_of(lambda: setattr(shape, name, 9))
        assert given == "AttributeError", f"{text}.{name} = 9 should raise AttributeError, because sizes are read-only; it gave {given}"
        assert getattr(shape, name, None) == size, f"{text}.{name} should be {size}, not {getattr(shape, name, None)}"

    class Half(Shape):
        def area(self):
            return 1.0

    for kind in (Shape, Half):
        assert exception_of(kind) == "TypeError", f"{kind.__name__}() keeps no promise, or one of two: it should raise TypeError; it gave {exception_of(kind)}"
    print("Shapes: areas, perimeters, refusals, read-only sizes and the promise are right")


check_shapes()

# %% [markdown]
# ### Look at it: the same fence, other shapes
#
# > **Predict.** You have a fence of 12 m. Which of four shapes encloses the largest area with it: a circle, a square, a rectangle twice as wide as high, or one five times as wide as high? The cell draws your own shapes to scale. It asks each of them for
# > `area()` and `perimeter()`, in one loop that knows nothing of circles.

# %% nbgrader={"grade": false, "grade_id": "shapes_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_classes([Shape, Circle, Rectangle, Square], "Your shapes", inner=["area", "perimeter", "r", "w", "h", "side"])


def draw_shapes():
    shapes = [Circle(6 / math.pi), Square(3), Rectangle(4, 2), Rectangle(5, 1)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained", width_ratios=[1.6, 1])
    start, labels, colours = 0.0, [], [BLUE, ORANGE, GREEN, PURPLE]
    for shape, colour in zip(shapes, colours):
        if isinstance(shape, Circle):  # to draw is not among the promises
            width = 2 * shape.r
            left.add_patch(plt.Circle((start + shape.r, shape.r), shape.r, facecolor=colour, alpha=0.5, edgecolor="black"))
        else:
            width = shape.w
            left.add_patch(plt.Rectangle((start, 0), shape.w, shape.h, facecolor=colour, alpha=0.5, edgecolor="black"))
        labels.append(f"{type(shape).__name__}\nperimeter\n{shape.perimeter():.1f} m")
        start += width + 0.6
    left.set(xlim=(-0.2, start - 0.2), ylim=(-0.1, 4.2), aspect="equal", title="Drawn to scale, side by side", xlabel="m", ylabel="m")
    bars = right.bar(range(len(shapes)), [shape.area() for shape in shapes], color=colours, alpha=0.5, edgecolor="black")
    right.bar_label(bars, fmt="%.2f")
    right.set(title="Areas", ylabel="area in m²", ylim=(0, 13.5))
    right.set_xticks(range(len(shapes)), labels, fontsize=9)
    plt.show()
    print(f"all four together: {sum(shape.area() for shape in shapes):.2f} square metres")


draw_shapes()

# %% [markdown]
# **What to see.** The rounder, the larger: of all shapes with the same perimeter the circle has the largest area. In the class diagram, look at `Square`: it has neither `area` nor `perimeter` of its own, and needs none.
#
# ### Take it away: what if sizes could change?
#
# `stretch` doubles the width of whatever rectangle it gets. Its author has tested it well, with rectangles: the area doubles. Then somebody hands it a square that can change and takes care to stay a square.
#
# > **Predict.** What is the area of the square of side 3 after the stretch: 9, 18 or 36?

# %% nbgrader={"grade": false, "grade_id": "liskov", "locked": true, "schema_version": 3, "solution": false, "task": false}
class LooseRectangle:
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h


class LooseSquare(LooseRectangle):
    def __init__(self, side):
        super().__init__(side, side)

    def __setattr__(self, name, value):  # whatever is set, both sizes get it
        self.__dict__.update(w=value, h=value)


def stretch(rectangle):
    rectangle.w = 2 * rectangle.w


def stretched(rectangle):
    return Rectangle(2 * rectangle.w, rectangle.h)


def show_stretching():
    for name, shape in [("rectangle 3 by 4", LooseRectangle(3, 4)), ("square of side 3", LooseSquare(3))]:
        before = shape.area()
        stretch(shape)
        print(f"can change:  {name}: area {before}, stretched {shape.area()}")
    for name, shape in [("rectangle 3 by 4", Rectangle(3, 4)), ("square of side 3", Square(3))]:
        print(f"read-only:   {name}: area {shape.area()}, stretched {stretched(shape).area()}")


show_stretching()

# %% [markdown]
# **What to see.** The loose square has 36: it kept *its* invariant, and broke a promise of the rectangle, and the function that trusted the rectangle is wrong, though not a letter of it changed. With shapes that never change, `stretched` makes a new shape, an honest rectangle, and both answers are right. Objects that cannot change are
# easier to trust; section 6 comes back to that.

# %% [markdown]
# ## 5 · Three kinds of methods
#
# **Why.** So far each method works on one instance, `self`. But some functions belong to a class and to no instance. One makes an instance, from a line of a file, say: there is no instance yet that it could be called on. Another answers a question about the subject, such as "is this a valid amount?". Python has a
# decorator for each.
#
# | | first argument | called as | for what |
# |---|---|---|---|
# | a method | the instance, `self` | `account.deposit(5)` | something that one object does |
# | `@classmethod` | the **class**, `cls` | `Account.from_dict(data)` | another way to make an object |
# | `@staticmethod` | nothing is put in front | `Account.is_valid_amount(5)` | a helper that belongs to the subject |

# %% nbgrader={"grade": false, "grade_id": "duration", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Duration:
    def __init__(self, seconds):
        self.seconds = seconds

    @classmethod
    def from_clock(cls, text):
        minutes, seconds = text.split(":")
        return cls(60 * int(minutes) + int(seconds))

    @staticmethod
    def is_clock(text):
        return text.count(":") == 1


class Lap(Duration):
    pass


# %% nbgrader={"grade": false, "grade_id": "duration_used", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(Duration.from_clock("1:30").seconds, "seconds;", "is '90' a clock?", Duration.is_clock("90"))
print("Lap.from_clock makes a", type(Lap.from_clock("1:30")).__name__)
draw_flow(
    [(1.3, 1.6, "Lap.from_clock('1:30')", BLUE), (4.5, 1.6, "Duration.from_clock\ncls is Lap", ORANGE), (7.8, 1.6, "cls(90) is Lap(90)", BLUE),
     (1.3, 0.5, "Lap.is_clock('90')", BLUE), (4.5, 0.5, "Duration.is_clock\nno self, no cls", ORANGE), (7.8, 0.5, "False", BLUE)],
    [(0, 1, "found in"), (1, 2, ""), (3, 4, "found in"), (4, 5, "")],
    "A class method knows which class it was called on; a static method knows nothing but its arguments",
)

# %% [markdown]
# `from_clock` returns `cls(...)`, not `Duration(...)`. So `Lap.from_clock` makes a `Lap`, although `Lap` says nothing at all. That is what `cls` is for.
#
# **Numbers that are none.** An account has to refuse bad amounts, and floats have two values that slip through careless questions. `math.inf` is above every number. `math.nan`, *not a number*, is what `inf - inf` gives, and **it is neither smaller, nor larger, nor equal to anything**: neither `nan <= 0` nor `nan > 0` is true. So a guard
# that asks "is it wrong?" (`amount <= 0`) lets nan in, and a guard that asks "is it right?" (`amount > 0`) keeps it out. `math.isfinite(x)` is false for both of the two.
#
# **By hand.** An account with 100. `withdraw(30)`: a valid amount? yes; more than there is? no; 70 are left. `withdraw(70)`: valid; not *more* than 70; 0 are left. `withdraw(0.01)`: valid, and more than there is: `ValueError`, and 0 are still there. `deposit(-5)`: not valid: `ValueError`.

# %% [markdown]
# **Write** the class `Account`.
#
# * An **amount** is an `int` or a `float`, not a bool, finite, and above 0. `Account.is_valid_amount(amount)` says whether something is one: `True` or `False`, for whatever it is given. It is a static method: it works on the class and on an instance.
# * `Account(owner, balance=0.0)` stores `.owner`. The opening balance follows the same rule as an amount, except that 0 is fine too; a bool is not. Otherwise `ValueError`.
# * `.balance` is read-only: assigning raises `AttributeError`.
# * `.deposit(amount)` adds to the balance, `.withdraw(amount)` takes from it. Anything but an amount raises `ValueError`, and so does a withdrawal of more than there is; after either the balance is what it was. To withdraw everything is fine. Both return nothing.
# * `Account.from_dict(data)` makes an account from a dictionary with the key `"owner"` and, if it is there, the key `"balance"`; without, the balance is 0. It is a class method: called on a subclass, it makes one of that subclass, by the constructor of that subclass. The rules of the constructor hold here as well, and `data` stays as it is.
#
# <details><summary>Hint 1: shapes</summary>
#
# An account keeps a string and a number. Anything can come in as an amount: a number, a string, None. `is_valid_amount` gives a bool; the others give nothing, except `from_dict`, which gives an account.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# valid = (an int or a float) and (not a bool) and finite and above 0, asked in this order, because later questions make sense only after the earlier ones. Opening balance fine = valid, or (0 and not a bool): note that `False == 0` is true.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# constructor: refuse an opening balance that is not fine; store owner and balance, the balance privately.
# balance: a property without a setter.
# deposit: refuse what is no amount; add.
# withdraw: refuse what is no amount; refuse more than there is; subtract.
# from_dict: give back cls made from the owner and from the balance, or 0 where there is none; look the key up without taking it out.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "account_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Account:
    """An account that is never overdrawn.

    owner: a string. balance: the opening balance, an int or a float, finite and 0 or more; otherwise ValueError.

    >>> account = Account.from_dict({"owner": "Ada", "balance": 100})
    >>> account.withdraw(30)
    >>> account.balance
    70
    """

    def __init__(self, owner: str, balance: float = 0.0) -> None:
        ### BEGIN SOLUTION
        opens_empty = balance == 0 and not isinstance(balance, bool)
        if not opens_empty and not self.is_valid_amount(balance):
            raise ValueError(f"an opening balance is 0 or a valid amount, not {balance!r}")
        self.owner = owner
        self._balance = balance
        ### END SOLUTION

    @property
    def balance(self) -> float:
        """What is in the account; read-only."""
        ### BEGIN SOLUTION
        return self._balance
        ### END SOLUTION

    @staticmethod
    def is_valid_amount(amount: object) -> bool:
        """Whether amount is an int or a float, not a bool, finite and above 0."""
        ### BEGIN SOLUTION
        is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
        return is_number and math.isfinite(amount) and amount > 0
        ### END SOLUTION

    def deposit(self, amount: float) -> None:
        """Put amount in; ValueError if it is not a valid amount."""
        ### BEGIN SOLUTION
        if not self.is_valid_amount(amount):
            raise ValueError(f"{amount!r} is no amount that can be paid in")
        self._balance += amount
        ### END SOLUTION

    def withdraw(self, amount: float) -> None:
        """Take amount out; ValueError if it is not a valid amount, or more than there is."""
        ### BEGIN SOLUTION
        if not self.is_valid_amount(amount) or amount > self._balance:
            raise ValueError(f"{amount!r} cannot be paid out of {self._balance}")
        self._balance -= amount
        ### END SOLUTION

    @classmethod
    def from_dict(cls, data: dict) -> "Account":
        """An account of this class, from {"owner": …, "balance": …}; without "balance", it is 0."""
        ### BEGIN SOLUTION
        return cls(data["owner"], data.get("balance", 0.0))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "account", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An account that is never overdrawn", "difficulty": 2, "minutes": 20, "needs": []}
def check_account():
    ada = Account("Ada", 100)
    assert getattr(ada, "owner", None) == "Ada", "Account('Ada', 100).owner should be 'Ada'"
    assert ada.balance == 100, f"Account('Ada', 100).balance should be 100, not {ada.balance!r}"
    assert Account("Bob").balance == 0, "an account opens with 0 unless it is told otherwise"
    ada.deposit(20.5)
    assert ada.balance == 120.5, f"100 and 20.5 are 120.5, not {ada.balance}"
    ada.withdraw(20.5)
    assert ada.balance == 100, f"120.5 less 20.5 is 100, not {ada.balance}"
    ada.withdraw(100)
    assert ada.balance == 0, f"to withdraw everything is fine; 100 less 100 is 0, not {ada.balance}"

    for amount, valid in [(5, True), (0.01, True), (0, False), (-5, False), (True, False), (math.nan, False), (math.inf, False), ("5", False), (None, False)]:
        found = exception_of(lambda: Account.is_valid_amount(amount)) or Account.is_valid_amount(amount)
        assert found is valid, f"Account.is_valid_amount({amount!r}) should be {valid}; it gave {found!r}"
        if not valid:
            for way in ("deposit", "withdraw"):
                account = Account("Ada", 100)
                given = exception_of(lambda: getattr(account, way)(amount))
                assert given == "ValueError", f"{way}({amount!r}) should raise ValueError; it gave {given}"
                assert account.balance == 100, f"after the refused {way}({amount!r}) the 100 should still be there, not {account.balance}"
    account = Account("Ada", 100)
    assert exception_of(lambda: account.withdraw(100.01)) == "ValueError", "to withdraw 100.01 from 100 should raise ValueError"
    assert account.balance == 100, f"after the refused withdrawal the 100 should still be there, not {account.balance}"
    for opening in (-1, math.nan, math.inf, "100", False):
        given = exception_of(lambda: Account("Ada", opening))
        assert given == "ValueError", f"Account('Ada', {opening!r}) should raise ValueError; it gave {given}"
    given = exception_of(lambda: setattr(account, "balance", 10**6))
    assert given == "AttributeError", f"account.balance = 1000000 should raise AttributeError; it gave {given}"

    class Savings(Account):
        pass

    data = {"owner": "Eva", "balance": 7}
    savings = Savings.from_dict(data)
    assert type(savings) is Savings, f"Savings.from_dict should make a Savings, by cls, not a {type(savings).__name__}"
    assert (savings.owner, savings.balance) == ("Eva", 7), f"the account of {data} should belong to 'Eva' and hold 7, not {savings.owner!r} and {savings.balance}"
    assert data == {"owner": "Eva", "balance": 7}, f"from_dict should leave the dictionary as it is; it is now {data}"
    assert exception_of(lambda: Account.from_dict({"owner": "Eva"})) is None, "from_dict should make an account of {'owner': 'Eva'}, without a balance, too"
    print("Account: amounts, deposits, withdrawals, refusals and from_dict are right")


check_account()

# %% [markdown]
# ### Look at it: two accounts and one bad number
#
# Sixty payments, in and out, drawn at random, are sent to two accounts: yours, and one that asks the wrong way round, `if amount <= 0: raise ValueError`. The thirtieth payment goes wrong somewhere in the bank: it is `nan`.
#
# > **Predict.** What will the line of the careless account look like after payment 30? Will it ever refuse a withdrawal again?

# %% nbgrader={"grade": false, "grade_id": "account_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
class CarelessAccount:
    def __init__(self, owner, balance):
        self.owner, self.balance = owner, balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("not an amount")
        self.balance = self.balance + amount

    def withdraw(self, amount):
        if amount <= 0 or amount > self.balance:
            raise ValueError("not to be had")
        self.balance = self.balance - amount


def plot_accounts():
    draw = random.Random(3)
    payments = [round(draw.uniform(-60, 55), 2) for _ in range(60)]
    payments[29] = math.nan
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
    for axes, account, title in zip(panels, [Account("Ada", 100.0), CarelessAccount("Ada", 100.0)], ["yours", "amount <= 0: raise ValueError"]):
        balances, refused = [account.balance], []
        for n, payment in enumerate(payments, 1):
            try:
                (account.withdraw if payment < 0 else account.deposit)(abs(payment))
            except ValueError:
                refused.append(n)
            balances.append(account.balance)
        axes.step(range(61), balances, where="post", color=BLUE, lw=1.8, label="balance")
        axes.plot(refused, [balances[n] for n in refused], "x", color=ORANGE, ms=9, mew=2, label=f"refused: {len(refused)}")
        axes.axvline(30, color=GREY, ls=":", lw=1.2)
        axes.text(30.7, axes.get_ylim()[1] * 0.93, "nan", color=GREY)
        axes.axhline(0, color="black", lw=0.8)
        axes.set(title=title, xlabel="payment", xlim=(0, 61))
        axes.legend(frameon=False, loc="upper left")
    panels[0].set(ylabel="balance in pounds")
    panels[1].text(34, 40, "nan, for ever:\nnothing to draw", color=GREY)
    plt.show()


plot_accounts()

# %% [markdown]
# **What to see.** Your line never goes below 0, and the bad payment is one more cross. The careless account takes the nan in, because `nan <= 0` is false. From then on its balance is nan; `amount > self.balance` is false for every amount, so it pays out whatever is asked. One bad number, and the invariant is gone for good. A
# network that is trained on one nan ends in the same way, and you will meet it again.

# %% [markdown]
# ## 6 · Operators for your own objects
#
# **Why.** In physics one writes $p + v\,t$, whether $p$ is a number or an arrow in space. In Python, `+` works for numbers, strings and lists, each in its own way; there is nothing special about them. An operator is a method with an agreed name, and a class that has the method has the operator. The agreements together are called Python's **data
# model**. This is how `torch` and NumPy make `a @ b` mean a product of tables, and how the assignment on backpropagation will make `+` remember what it did.
#
# **Two questions for one sign.** For `a + b` Python first asks the left operand: `type(a).__add__(a, b)`. The method may answer, or say "I do not know such a `b`" by returning the special value `NotImplemented`. Then Python asks the right operand: `type(b).__radd__(b, a)`, the **reflected** method. If that is missing or returns `NotImplemented`,
# too, Python raises `TypeError`.

# %% nbgrader={"grade": false, "grade_id": "operator_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_flow(
    [(0.7, 1.5, "3 * v", BLUE), (3.3, 1.5, "int.__mul__(3, v)", BLUE), (6.9, 1.5, "Vector.__rmul__(v, 3)", BLUE), (8.6, 0.45, "TypeError", GREY), (4.4, 0.45, "the result", GREEN)],
    [(0, 1, "asks"), (1, 2, "NotImplemented"), (2, 4, "an answer"), (2, 3, "NotImplemented"), (1, 4, "an answer")],
    "Who computes 3 * v? First the left operand is asked, then the right one",
)

# %% [markdown]
# **Return it, do not raise it.** `return NotImplemented` says *ask the other one*. `raise TypeError` would cut the conversation off: a class that was written after yours, and knows how to add itself to a vector, would never be asked. (`NotImplementedError` is something else again: an exception, for unwritten code.)
#
# The other agreements of this section:
#
# | you write | Python calls | must give |
# |---|---|---|
# | `len(v)` | `v.__len__()` | the number of entries |
# | `for x in v`, `list(v)` | `v.__iter__()` | an iterator: `iter(...)` of something that holds the entries |
# | `repr(v)`, and a notebook that shows `v` | `v.__repr__()` | a string; best one that makes an equal object when it is pasted into Python |
# | `v == w` | `v.__eq__(w)` | a bool, or `NotImplemented`. If both sides say `NotImplemented`, Python gives `False` |
# | `hash(v)`, `{v, w}`, `{v: 1}` | `v.__hash__()` | a whole number; **equal objects must have equal hashes** |
#
# **Why hashes.** A set or dictionary does not compare with everything in it. It computes the hash, looks in the one drawer that this number names, and compares with what lies there. If equal objects had different hashes, it would look in the wrong drawer. And if an object could change, its hash would change, and it would lie in the wrong
# drawer from then on: so what can be hashed should never change. A class that writes `__eq__` and no `__hash__` is made unhashable by Python, to be safe.
#
# **Vectors.** A vector $u \in \mathbb{R}^n$ is a row of $n$ numbers $u_1, \dots, u_n$, its *entries*. For $u, v \in \mathbb{R}^n$ and a single number, or *scalar*, $k$:
#
# $$ (u \pm v)_i = u_i \pm v_i, \qquad (k\,u)_i = k\,u_i, \qquad u \cdot v = \sum_{i=1}^{n} u_i v_i . $$
#
# Sum and difference are vectors of $n$ entries, $k\,u$ as well. The **dot product** $u \cdot v$, in Python `u @ v`, is a single number. All three need vectors of the same length $n$. The length of the arrow $u$ in space is $\sqrt{u \cdot u}$, by Pythagoras.
#
# **By hand.** $u = (1, 2)$, $v = (3, -1)$: $u + v = (4, 1)$, $u - v = (-2, 3)$, $2u = (2, 4)$, $u \cdot v = 1 \cdot 3 + 2 \cdot (-1) = 1$.

# %% [markdown]
# **Write** the class `Vector`.
#
# * `Vector(1, 2)` has the entries 1.0 and 2.0: they become floats, whatever numbers are given. `len(v)` is their number; iterating gives them in order.
# * `repr(v)` is a string that makes an equal vector when Python evaluates it: `eval(repr(v)) == v`.
# * `u + v`, `u - v` are vectors, `u @ v` is a float. Different lengths raise `ValueError`.
# * `k * v` and `v * k` are vectors, for a scalar `k`: an `int` or a `float`.
# * Nothing else is computed. `v + 1`, `1 + v`, `u * v`, `v @ 3`, `v + "a"` raise `TypeError`; write that as `return NotImplemented`, so that a class which does know vectors can answer from the right.
# * `u == v` is true if the entries are equal, to the last digit; vectors of different length are unequal. Anything that is not a vector is left to the other side, by `NotImplemented`. A tuple knows nothing of vectors, so `v == (1.0, 2.0)` is `False`; a class that knows them may say otherwise.
#   (A vector *has* a tuple, it *is* none: an instance of a subclass of `tuple` would be equal to tuples.)
# * Equal vectors have equal hashes, so vectors can be members of sets and keys of dictionaries.
# * No operation changes a vector: each gives a new one, and `v[0] = 1` raises `TypeError`.
#
# <details><summary>Hint 1: shapes</summary>
#
# n entries, best kept in a tuple: a tuple cannot change, and can be hashed. `+`, `-` and `*` give n entries again, `@` gives one float. To make a new vector from a row of results, unpack it: `Vector(*row)`.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The formulas are above. `3 * v` has the same entries as `v * 3`. Python turns `v != w` into the opposite of `==` by itself. For the hash, ask what decides about equality: hash that. `zip(..., strict=True)` raises `ValueError` when its arguments are not of the same length.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# constructor: make each argument a float; keep them in a private tuple.
# each of + - @ and ==: if the other operand is not a Vector, return NotImplemented; otherwise go through both rows of entries together.
# *: if the other operand is neither an int nor a float, return NotImplemented; otherwise multiply each entry. Reflected *: the same.
# repr: the word Vector, and in parentheses the repr of each entry, with commas between them.
# hash: the hash of the tuple.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "vector_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
from collections.abc import Iterator


class Vector:
    """A row of floats that never changes, with + - * @ and ==.

    >>> 2 * Vector(1, 2) + Vector(3, -1)
    Vector(5.0, 3.0)
    >>> Vector(1, 2) @ Vector(3, -1)
    1.0
    """

    def __init__(self, *xs: float) -> None:
        """xs: the entries; each becomes a float."""
        ### BEGIN SOLUTION
        self._entries = tuple(float(x) for x in xs)
        ### END SOLUTION

    def __iter__(self) -> Iterator[float]:
        """The entries, in order."""
        ### BEGIN SOLUTION
        return iter(self._entries)
        ### END SOLUTION

    def __len__(self) -> int:
        """How many entries there are."""
        ### BEGIN SOLUTION
        return len(self._entries)
        ### END SOLUTION

    def __repr__(self) -> str:
        """Python text that makes this vector again, such as 'Vector(1.0, 2.0)'."""
        ### BEGIN SOLUTION
        return f"Vector({', '.join(repr(x) for x in self)})"
        ### END SOLUTION

    def __add__(self, other: "Vector") -> "Vector":
        """self + other, entry by entry; different lengths raise ValueError."""
        ### BEGIN SOLUTION
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a + b for a, b in zip(self, other, strict=True)))
        ### END SOLUTION

    def __sub__(self, other: "Vector") -> "Vector":
        """self - other, entry by entry; different lengths raise ValueError."""
        ### BEGIN SOLUTION
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a - b for a, b in zip(self, other, strict=True)))
        ### END SOLUTION

    def __mul__(self, k: float) -> "Vector":
        """self * k, for an int or a float k."""
        ### BEGIN SOLUTION
        if not isinstance(k, (int, float)):
            return NotImplemented
        return Vector(*(a * k for a in self))
        ### END SOLUTION

    def __rmul__(self, k: float) -> "Vector":
        """k * self, for an int or a float k."""
        ### BEGIN SOLUTION
        return self.__mul__(k)
        ### END SOLUTION

    def __matmul__(self, other: "Vector") -> float:
        """self @ other, the dot product; different lengths raise ValueError."""
        ### BEGIN SOLUTION
        if not isinstance(other, Vector):
            return NotImplemented
        return sum(a * b for a, b in zip(self, other, strict=True))
        ### END SOLUTION

    def __eq__(self, other: object) -> bool:
        """Whether other is a vector with the same entries; for what is no vector, NotImplemented."""
        ### BEGIN SOLUTION
        if not isinstance(other, Vector):
            return NotImplemented
        return self._entries == other._entries
        ### END SOLUTION

    def __hash__(self) -> int:
        """The same number for equal vectors."""
        ### BEGIN SOLUTION
        return hash(self._entries)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vector", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A vector with operators", "difficulty": 2, "minutes": 35, "needs": []}
def check_vector():
    u, v = Vector(1, 2), Vector(3, -1)
    assert list(u) == [1.0, 2.0], f"iterating over Vector(1, 2) should give 1.0 and 2.0, not {list(u)}"
    assert all(isinstance(x, float) for x in u), f"the entries should be floats, not {list(u)}"
    assert list(u) == [1.0, 2.0], "iterating a second time should give the same entries: __iter__ makes a new iterator each time"
    assert len(Vector(4, 5, 6)) == 3, f"len(Vector(4, 5, 6)) should be 3, not {len(Vector(4, 5, 6))}"

    for text, compute, expected in [
        ("u + v", lambda: u + v, [4.0, 1.0]),
        ("u - v", lambda: u - v, [-2.0, 3.0]),
        ("u * 2", lambda: u * 2, [2.0, 4.0]),
        ("2 * u", lambda: 2 * u, [2.0, 4.0]),
        ("-0.5 * v", lambda: -0.5 * v, [-1.5, 0.5]),
    ]:
        try:
            result = compute()
        except TypeError as error:
            raise AssertionError(f"{text} should be a Vector, for u = (1, 2) and v = (3, -1); Python says: {error}") from None
        assert isinstance(result, Vector), f"{text} should be a Vector, not {type(result).__name__}"
        assert list(result) == expected, f"{text} for u = (1, 2) and v = (3, -1) should be {expected}, not {list(result)}"
    assert isinstance(u @ v, float) and u @ v == 1.0, f"(1, 2) @ (3, -1) should be the float 1.0, not {u @ v!r}"
    assert (list(u), list(v)) == ([1.0, 2.0], [3.0, -1.0]), "no operation should change its operands"

    for text, action, expected in [
        ("u + 1", lambda: u + 1, "TypeError"),
        ("1 + u", lambda: 1 + u, "TypeError"),
        ("u - 1", lambda: u - 1, "TypeError"),
        ("u * v", lambda: u * v, "TypeError"),
        ("u @ 3", lambda: u @ 3, "TypeError"),
        ("u * 'a'", lambda: u * "a", "TypeError"),
        ("Vector(1, 2) + Vector(1, 2, 3)", lambda: u + Vector(1, 2, 3), "ValueError"),
        ("Vector(1, 2, 3) - Vector(1, 2)", lambda: Vector(1, 2, 3) - u, "ValueError"),
        ("Vector(1, 2) @ Vector(1)", lambda: u @ Vector(1), "ValueError"),
    ]:
        assert exception_of(action) == expected, f"{text} should raise {expected}; it gave {exception_of(action)}"

    class Stranger:
        def __radd__(self, other):
            return "the stranger's answer"

    assert exception_of(lambda: u + Stranger()) is None, "u + stranger: the stranger has __radd__ and was not asked. Return NotImplemented, do not raise"
    same = Vector(1.0, 2.0)
    assert (u == same) is True, "Vector(1, 2) == Vector(1.0, 2.0) should be True"
    assert (u == v) is False, "Vector(1, 2) == Vector(3, -1) should be False"
    assert (u == Vector(1, 2, 3)) is False, f"vectors of different length should be unequal: False, not {u == Vector(1, 2, 3)!r}"
    assert (u == (1.0, 2.0)) is False, f"a vector is not a tuple: u == (1.0, 2.0) should be False, not {u == (1.0, 2.0)!r}"
    assert exception_of(lambda: hash(u)) is None, "hash(u) should give a number: a class that writes __eq__ needs a __hash__, too"
    assert hash(u) == hash(same), "equal vectors should have equal hashes"
    assert len({u, same, v}) == 2, f"the set of u, an equal vector and v should have 2 members, not {len({u, same, v})}"
    assert eval(repr(v)) == v, f"eval(repr(v)) should be equal to v; repr(v) is {v!r}"
    assert exception_of(lambda: exec("u[0] = 1", {"u": u})) == "TypeError", "u[0] = 1 should raise TypeError: vectors do not change"
    print("Vector: entries, operators on both sides, refusals, equality, hashes and repr are right")


check_vector()

# %% [markdown]
# ### Look at it: formulas that read like formulas
#
# > **Predict.** A ball is thrown from the ground with the velocity (12, 16) m/s. Gravity pulls with (0, −9.81) m/s². Every 0.1 s, the program does `velocity = velocity + dt * gravity` and `place = place + dt * velocity`, with your vectors. How does the curve differ if a wind adds
# > (−6, 0) m/s² to gravity? On the right: if $u \cdot v = 0$, what is the angle between the two arrows?

# %% nbgrader={"grade": false, "grade_id": "vector_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_vectors():
    def throw(pull, dt=0.1):
        place, velocity, track = Vector(0, 0), Vector(12, 16), []
        while not track or list(place)[1] >= 0:
            track.append(place)
            velocity = velocity + dt * pull
            place = place + dt * velocity
        return track

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    gravity, wind = Vector(0, -9.81), Vector(-6, 0)
    for pull, colour, style, label in [(gravity, BLUE, "o-", "gravity"), (gravity + wind, ORANGE, "s-", "gravity + wind")]:
        left.plot(*zip(*throw(pull)), style, color=colour, ms=3.5, lw=1.2, label=label)
    left.set(title="A ball, one vector each 0.1 s", xlabel="distance in m", ylabel="height in m", aspect="equal", ylim=(0, 16))
    left.legend(frameon=False)

    u, v = Vector(3, 1), Vector(-1, 3)
    for start, arrow_, colour, label in [(Vector(0, 0), u, BLUE, "u"), (Vector(0, 0), v, ORANGE, "v"), (Vector(0, 0), u + v, GREEN, "u + v"), (Vector(0, 0), -0.5 * u, PURPLE, "-0.5 * u"), (u, v, GREY, "v, from the end of u")]:
        (x0, y0), (x1, y1) = start, start + arrow_
        right.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2, "ls": ":" if colour == GREY else "-", "shrinkA": 0, "shrinkB": 0})
        right.plot([], [], color=colour, lw=2, ls=":" if colour == GREY else "-", label=label)
    right.set(title=f"u @ v = {u @ v:g},  u @ u = {u @ u:g}", xlabel="first entry", ylabel="second entry", xlim=(-2.6, 5), ylim=(-2.4, 4.4), aspect="equal")
    right.grid(alpha=0.3)
    right.legend(frameon=False, fontsize=9.5, loc="lower right")
    plt.show()


plot_vectors()

# %% [markdown]
# **What to see.** The two lines of the program are the two lines of the physics book; that $x$ and $y$ are two numbers is nowhere to be seen, and in space nothing would change. The wind has no second entry, so at each moment both balls are equally high,
# and they land together. But it takes 6 m/s from the first entry of the velocity each second: after two seconds the orange ball turns round and flies back. On the right: $u \cdot v = 0$ means a right angle.
#
# ### Take it away: equality without a hash
#
# Three classes of points. All have `__eq__`. The first has no `__hash__`. The second has one that is different for each object (that is what a class gets if it writes neither of the two). The third is your `Vector`.
#
# > **Predict.** Four points are put into a set; three of them are equal. How many members does the set have, for each class? Is a new, equal point found in it?

# %% nbgrader={"grade": false, "grade_id": "hash_ablation", "locked": true, "schema_version": 3, "solution": false, "task": false}
class NoHash:
    def __init__(self, *xs):
        self.xs = xs

    def __eq__(self, other):
        return self.xs == other.xs


class OwnHash(NoHash):
    def __hash__(self):
        return id(self)  # where the object lies in memory: another number for each


def show_hashes():
    for kind in (NoHash, OwnHash, Vector):
        try:
            points = {kind(1, 2), kind(1, 2), kind(1, 2), kind(0, 5)}
            print(f"{kind.__name__:8} the set has {len(points)} members; is (0, 5) in it? {kind(0, 5) in points}")
        except TypeError as error:
            print(f"{kind.__name__:8} TypeError: {error}")


show_hashes()

# %% [markdown]
# **What to see.** Without a hash there is no set; that is the safe failure. With a hash that has nothing to do with equality, the set has four members, three of which are equal, and a point that is in it is not found. It looked in the wrong drawer.

# %% [markdown]
# ## 7 · Composition: functions made of functions
#
# **Why.** Inheritance says that something *is* a special case of something: a cat is an animal. Much more often, something *has* parts: a car has an engine and is none. To build an object out of other objects is called **composition**. A deep network is the purest case: a layer takes numbers and gives numbers, so
# layers can be put one behind the other, and the result takes numbers and gives numbers. It is a layer again.
#
# **Callable objects.** One more agreement of the data model: `layer(x)` calls `layer.__call__(x)`. So an object can be used like a function, and unlike a function it has a state, such as the factor that it multiplies by.
#
# **Formulas.** A layer is a function that takes a row of numbers and gives one, for rows of any length $n$; ours give as many as they get. Two of them work on each entry $x_i$ alone, with a fixed number $k$ or $b$:
#
# $$ \text{Scale}(k):\; x_i \mapsto k\, x_i, \qquad \text{Shift}(b):\; x_i \mapsto x_i + b, \qquad \text{Compose}(f_1, \dots, f_m):\; x \mapsto f_m(\dots f_2(f_1(x)) \dots). $$
#
# The **first** layer in the parentheses is applied first. Mathematicians write the same as $f_m \circ \dots \circ f_1$, from right to left. With no layers at all, `Compose()` gives back what it gets: the *identity*.

# %% nbgrader={"grade": false, "grade_id": "compose_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_flow(
    [(0.8, 1.6, "[1, -2]", BLUE), (2.9, 1.6, "Scale(2)", ORANGE), (4.9, 1.6, "[2, -4]", BLUE), (7.0, 1.6, "Shift(3)", ORANGE), (9.0, 1.6, "[5, -1]", BLUE),
     (0.8, 0.5, "[1, -2]", BLUE), (2.9, 0.5, "Shift(3)", ORANGE), (4.9, 0.5, "[4, 1]", BLUE), (7.0, 0.5, "Scale(2)", ORANGE), (9.0, 0.5, "[8, 2]", BLUE)],
    [(0, 1, ""), (1, 2, ""), (2, 3, ""), (3, 4, ""), (5, 6, ""), (6, 7, ""), (7, 8, ""), (8, 9, "")],
    "Compose(Scale(2), Shift(3)) above, Compose(Shift(3), Scale(2)) below: the order matters",
)

# %% [markdown]
# **By hand**, as in the picture: $2x + 3$ at $1$ and $-2$ is $5$ and $-1$; $2(x + 3)$ is $8$ and $2$.

# %% [markdown]
# **Write** the abstract class `Layer`, and from it `Scale`, `Shift` and `Compose`.
#
# * `Layer` is abstract: it promises `forward(x)`, which takes a list of floats and gives one. `Layer()` and a subclass without `forward` raise `TypeError`. This time you write the promise yourself. A subclass that has a constructor calls `super().__init__()` in it, without arguments.
# * Every layer can be called: `layer(x)` is `layer.forward(x)`. Write that once, in `Layer`.
# * `Scale(k)` multiplies each number by `k`; `Shift(b)` adds `b` to each; `Compose(*layers)` applies its layers, the first one first, and `Compose()` gives back equal numbers. A `Compose` may stand inside another, and any subclass of `Layer` may stand inside a `Compose`, those of the tests too, even one that gives more numbers than it gets.
# * `x` is never changed, nor is a list that was the result of an earlier call. A layer can be called again and again.
#
# <details><summary>Hint 1: shapes</summary>
#
# The `forward` of `Scale` and `Shift` takes a list of n floats and gives a list of n floats. `Scale` and `Shift` keep one number, `Compose` keeps its layers, m of them, in order.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The output of one layer is the input of the next: x₁ = f₁(x), x₂ = f₂(x₁), …, and the result is the last of these. With no layers the result is x.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# Layer: being called means to give back what forward gives; forward itself is abstract.
# Scale, Shift: the constructor keeps the number; forward gives a new list.
# Compose: the constructor keeps the layers; forward goes through them, and replaces its x by what the layer gives.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "layers_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Layer(ABC):
    """Something that takes a list of floats and gives one: layer(x) is layer.forward(x).

    Abstract: it promises `forward(x: list[float]) -> list[float]`.
    """

    def __call__(self, x: list[float]) -> list[float]:
        # The promise, forward, follows below.
        ### BEGIN SOLUTION
        return self.forward(x)

    @abstractmethod
    def forward(self, x: list[float]) -> list[float]:
        """The output for the input x, a new list."""
        ### END SOLUTION


class Scale(Layer):
    """Multiplies each number by k.

    >>> Scale(2.0)([1.0, -2.0])
    [2.0, -4.0]
    """

    def __init__(self, k: float) -> None:
        ### BEGIN SOLUTION
        self.k = k
        ### END SOLUTION

    def forward(self, x: list[float]) -> list[float]:
        """k times each entry of x, a new list."""
        ### BEGIN SOLUTION
        return [self.k * value for value in x]
        ### END SOLUTION


class Shift(Layer):
    """Adds b to each number.

    >>> Shift(3.0)([2.0, -4.0])
    [5.0, -1.0]
    """

    def __init__(self, b: float) -> None:
        ### BEGIN SOLUTION
        self.b = b
        ### END SOLUTION

    def forward(self, x: list[float]) -> list[float]:
        """b plus each entry of x, a new list."""
        ### BEGIN SOLUTION
        return [value + self.b for value in x]
        ### END SOLUTION


class Compose(Layer):
    """Layers one behind the other, the first one first; no layers: the identity.

    >>> Compose(Scale(2.0), Shift(3.0))([1.0, -2.0])
    [5.0, -1.0]
    """

    def __init__(self, *layers: Layer) -> None:
        ### BEGIN SOLUTION
        self.layers = layers
        ### END SOLUTION

    def forward(self, x: list[float]) -> list[float]:
        """The output of the last layer."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layers", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Layers, one behind the other", "difficulty": 2, "minutes": 20, "needs": []}
def check_layers():
    x = [1.0, -2.0]
    for text, make, expected in [
        ("Scale(2.0)", lambda: Scale(2.0), [2.0, -4.0]),
        ("Shift(3.0)", lambda: Shift(3.0), [4.0, 1.0]),
        ("Compose(Scale(2.0), Shift(3.0))", lambda: Compose(Scale(2.0), Shift(3.0)), [5.0, -1.0]),
        ("Compose(Shift(3.0), Scale(2.0))", lambda: Compose(Shift(3.0), Scale(2.0)), [8.0, 2.0]),
        ("Compose(Compose(Shift(1.0), Scale(2.0)), Shift(3.0))", lambda: Compose(Compose(Shift(1.0), Scale(2.0)), Shift(3.0)), [7.0, 1.0]),
        ("Compose()", lambda: Compose(), [1.0, -2.0]),
    ]:
        layer = make()
        assert isinstance(layer, Layer), f"{text} should be a Layer"
        for way in ("forward(x)", "layer(x)", "layer(x), called once more"):
            result = layer.forward(x) if way == "forward(x)" else layer(x)
            assert result is not None, f"{text}, {way}: gave None; return the list"
            assert list(result) == expected, f"{text}, {way}: for x = [1.0, -2.0] it should give {expected}, not {result}"
            assert x == [1.0, -2.0], f"{text} changed the list that it was given; make a new one"

    class Reversed(Layer):
        def forward(self, x):
            return x[::-1]

    found = Compose(Reversed(), Scale(2.0))(x)
    assert found == [-4.0, 2.0], f"a layer of another class, which turns the list round, then Scale(2.0): [-4.0, 2.0], not {found}"

    class Unfinished(Layer):
        pass

    for kind in (Layer, Unfinished):
        assert exception_of(kind) == "TypeError", f"{kind.__name__}() has no forward and should raise TypeError: make forward an @abstractmethod; it gave {exception_of(kind)}"
    print("Layers: Scale, Shift, Compose and the promise are right")


check_layers()

# %% [markdown]
# ### Look at it: is a, has a
#
# The class diagram shows what *is* what; the picture of the objects shows what *has* what. In the first, `Compose` stands beside `Scale`, a layer like any other; in the second, it holds layers, among them a `Compose`.

# %% nbgrader={"grade": false, "grade_id": "layers_drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_classes([Layer, Scale, Shift, Compose], "What is what: your layers")
draw_objects({"line": Compose(Compose(Scale(2.0), Shift(1.0)), Shift(3.0))}, "What has what: a Compose inside a Compose")

# %% [markdown]
# ### Look at it: the power of putting things one behind the other
#
# Add one more layer, `Absolute`, which gives $|x|$ and so has a corner. `Compose(Scale(2), Shift(-1), Absolute(), Scale(-1), Shift(1))` computes $1 - |2x - 1|$: on the numbers from 0 to 1 it is a tent. Now put copies of the *same* tent one behind the other.
#
# > **Predict.** One tent has one peak. How many peaks have 2, 3, 4 copies in a row? And what remains if `Absolute` is taken out of every copy?

# %% nbgrader={"grade": false, "grade_id": "tents", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_tents():
    class Absolute(Layer):
        def forward(self, x):
            return [abs(value) for value in x]

    tent = Compose(Scale(2.0), Shift(-1.0), Absolute(), Scale(-1.0), Shift(1.0))
    straight = Compose(Scale(2.0), Shift(-1.0), Scale(-1.0), Shift(1.0))
    x = [n / 512 for n in range(513)]
    figure, panels = plt.subplots(1, 4, figsize=(10, 3), sharey=True, layout="constrained")
    for copies, axes in enumerate(panels, 1):
        y = Compose(*[tent] * copies)(x)
        peaks = sum(y[n - 1] < y[n] > y[n + 1] for n in range(1, 512))
        axes.plot(x, y, color=BLUE, lw=1.6, label="with Absolute")
        axes.plot(x, Compose(*[straight] * copies)(x), color=ORANGE, ls="--", lw=1.4, label="without")
        axes.set(title=f"{copies} in a row: peaks {peaks}", xlabel="x", xlim=(0, 1), ylim=(-0.6, 1.6))
    panels[0].set(ylabel="output")
    panels[0].legend(frameon=False, fontsize=9, loc="lower center")
    plt.show()


plot_tents()

# %% [markdown]
# **What to see.** Each copy doubles the number of peaks: 1, 2, 4, 8. Twenty copies, a hundred layers, would have half a million. Putting things one behind the other is that powerful, **if there is a bend in them**. Without the bend, any number of scalings and shifts is one scaling and one shift: a straight line. Both
# facts are the reason why networks are deep and have bends, and the assignment on backpropagation comes back to them.

# %% [markdown]
# ## 8 · A tree that knows the names of its numbers
#
# **Why.** Learning means to change numbers, so whoever trains a network needs a list of all its numbers. They are scattered: some in this layer, some in a layer inside a part of a part. Asking each author to keep a list by hand is asking for lists with gaps. Python can find them, because it can look into objects: this is called **introspection**.
# `vars(thing)` is the dictionary of the attributes that an object holds, in the order in which they were assigned.
#
# **Picture.** A **module** is an object that holds parameters and other modules in its attributes. A **parameter** is an object with a `.value`, made to be changed. Modules inside modules make a tree; its leaves are parameters. The name of a parameter is the way to it from the root, with dots between the steps.

# %% nbgrader={"grade": false, "grade_id": "tree_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_tree(
    ("", "Thermostat", [
        ("target", "21.0", None),
        ("sensor", "Sensor", [("offset", "0.5", None), ("scale", "Line", [("k", "1.1", None), ("b", "-0.2", None)])]),
        ("name", "a string", []),
    ]),
    "A module, its parameters in orange, and their names; the string is passed over",
)

# %% [markdown]
# **The rule.** Write $P(m)$ for the list of pairs (name, parameter) of a module $m$. It has two parts:
#
# * for each attribute $a$ of $m$ that is a parameter $p$: the pair $(a, p)$;
# * for each attribute $a$ of $m$ that is a module $c$: for each pair $(s, p)$ in $P(c)$, the pair $(a\text{.}s,\; p)$.
#
# $P$ is defined by $P$, of something smaller: the child. A method that calls the same method of smaller things is called **recursive**. It ends, because somewhere below there is a module without children.
#
# **By hand.** In the picture, $P(\text{scale})$ is (k, …), (b, …). So $P(\text{sensor})$ is (offset, …), (scale.k, …), (scale.b, …), and $P(\text{thermostat})$ is (target, …), (sensor.offset, …), (sensor.scale.k, …), (sensor.scale.b, …): four parameters. The string is neither of the two, and passed over.
#
# **Modes.** Some parts of a network behave in one way while it learns and in another when it is used. So a module has an attribute `training`, and `train(mode)` sets it in the whole tree: in the module itself and, recursively, in all modules inside.

# %% [markdown]
# **Write** `Parameter` and `Module`.
#
# * `Parameter(value)` stores `.value`, which can be assigned afterwards.
# * One makes a module by writing a subclass of `Module` whose constructor first calls `super().__init__()` and then assigns attributes, as `Neuron` does below the check.
# * `.named_parameters()` gives a list of pairs (name, parameter), with the `Parameter` objects themselves, nested to any depth, as the rule says. The order is up to you.
# * What counts is what the attributes hold **when the method is called**. A parameter or module that was assigned later is found; one that was replaced or deleted is not. Each call gives a new list.
# * A name that begins with an underscore is a name like any other, for parameters and for modules.
# * Everything else in the attributes is passed over: numbers, strings, and lists as well, even lists of modules. (PyTorch does the same, and has a class `ModuleList` for the purpose.)
# * `.training` is `True` at first. `.train(mode)` sets it to `mode`, `True` or `False`, in this module and in every module inside, to any depth.
#
# Not tested: one parameter that can be reached under two names, a module that holds itself, and subclasses that use the names `training`, `train` and `named_parameters` for something else.
#
# <details><summary>Hint 1: shapes</summary>
#
# `named_parameters` gives a list of pairs (string, Parameter); a module without parameters gives an empty list. `train` gives nothing.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The rule above is the whole method. The pairs of `vars(self).items()` are the attributes with their names; `isinstance` tells what each of them is. `training` itself is among them, and is neither a parameter nor a module.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# named_parameters: begin with an empty list; for each attribute: a parameter adds one pair; a module is asked for its own pairs, and each of them is added with the name of the attribute and a dot in front.
# train: set the mode here; for each attribute that is a module, tell it to do the same.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "module_tree_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Parameter:
    """A value that is made to be changed: .value"""

    def __init__(self, value: object) -> None:
        ### BEGIN SOLUTION
        self.value = value
        ### END SOLUTION


class Module:
    """A tree of parameters, found by attribute. Subclasses call super().__init__() before they assign attributes.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.k, self.b = Parameter(2.0), Parameter(3.0)
    >>> [name for name, parameter in Line().named_parameters()]
    ['k', 'b']
    """

    def __init__(self) -> None:
        """A module begins in training: .training is True."""
        ### BEGIN SOLUTION
        self.training = True
        ### END SOLUTION

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """Every parameter in the attributes, and in those of modules inside, with its dotted name."""
        ### BEGIN SOLUTION
        found = []
        for name, part in vars(self).items():
            if isinstance(part, Parameter):
                found.append((name, part))
            elif isinstance(part, Module):
                found += [(f"{name}.{inner}", parameter) for inner, parameter in part.named_parameters()]
        return found
        ### END SOLUTION

    def train(self, mode: bool) -> None:
        """Set .training to mode, here and in every module inside."""
        ### BEGIN SOLUTION
        self.training = mode
        for part in vars(self).values():
            if isinstance(part, Module):
                part.train(mode)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "module_tree", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The skeleton of a neural network", "difficulty": 3, "minutes": 25, "needs": []}
def check_module_tree():
    class Line(Module):
        def __init__(self, k, b):
            super().__init__()
            self.k, self.b = Parameter(k), Parameter(b)

    class Sensor(Module):
        def __init__(self):
            super().__init__()
            self.offset = Parameter(0.5)
            self.scale = Line(1.1, -0.2)

    class Thermostat(Module):
        def __init__(self):
            super().__init__()
            self.name = "hall"
            self.target = Parameter(21.0)
            self.sensor = Sensor()

    def names(module):
        pairs = module.named_parameters()
        assert isinstance(pairs, list), f"named_parameters() should return a list, not {type(pairs).__name__}"
        return sorted(name for name, _ in pairs)

    line = Line(2.0, 3.0)
    assert names(line) == ["b", "k"], f"a module with the parameters k and b should give these two names, not {names(line)}"
    assert dict(line.named_parameters())["k"] is line.k, "named_parameters() should give the Parameter objects themselves, not their values or copies"
    line.k.value = 5.0
    assert line.k.value == 5.0, "a parameter's .value can be assigned"

    hall = Thermostat()
    wanted = ["sensor.offset", "sensor.scale.b", "sensor.scale.k", "target"]
    assert names(hall) == wanted, f"the thermostat of the picture has the parameters {wanted}, not {names(hall)}"
    hall.sensor.extra = Parameter(1.0)
    assert "sensor.extra" in names(hall), "a parameter that is assigned later should be found, too: look at the attributes at each call"

    modules = {"the thermostat": hall, "its sensor": hall.sensor, "the line in its sensor": hall.sensor.scale}
    for text, module in modules.items():
        assert getattr(module, "training", None) is True, f"{text} should begin with .training True, not {getattr(module, 'training', None)!r}"
    for mode in (False, True):
        hall.train(mode)
        for text, module in modules.items():
            assert module.training is mode, f"after train({mode}) of the thermostat, {text} should have .training {mode}, not {module.training!r}"
    hall.train(False)
    hall.sensor.train(True)
    assert (hall.training, hall.sensor.scale.training) == (False, True), "train changes the module and what is inside; it should not change what is around it"
    print("Module: names at any depth, parameters found late, and the mode of the whole tree are right")


check_module_tree()

# %% [markdown]
# ### Look at it: a network, drawn from its own attributes
#
# The next cell is given, and worth reading: it is a small network made of your `Module`, `Parameter` and `Vector`. A *neuron* with $n$ inputs holds a vector of weights $w \in \mathbb{R}^n$ and a number $b$, its bias. For an input $x \in \mathbb{R}^n$ it gives the number $\tanh(w \cdot x + b)$: a sum of products with a bend behind it. The network has two neurons that look at the
# input, and a third that looks at their two results.
#
# > **Predict.** How many parameters will be found, and under which names? The picture is drawn by walking through `vars`, as your method does; the names printed below it are those that your `named_parameters` gave, and should be the same.

# %% nbgrader={"grade": false, "grade_id": "network", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Neuron(Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.weight = Parameter(weight)
        self.bias = Parameter(bias)

    def __call__(self, x):
        return math.tanh(self.weight.value @ x + self.bias.value)


class Network(Module):
    def __init__(self, seed):
        super().__init__()
        draw = random.Random(seed)
        self.left, self.right, self.head = (Neuron(Vector(draw.gauss(0, 1), draw.gauss(0, 1)), draw.gauss(0, 1)) for _ in range(3))

    def __call__(self, x):
        return self.head(Vector(self.left(x), self.right(x)))


# %% nbgrader={"grade": false, "grade_id": "network_drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_module(module, title):
    def show(value):
        return f"({', '.join(f'{x:.2f}' for x in value)})" if isinstance(value, Vector) else f"{value:.2f}"

    def branch(name, part):
        below = [(inner, member) for inner, member in attributes_of(part).items() if isinstance(member, (Module, Parameter))]
        return name, type(part).__name__, [(inner, show(member.value), None) if isinstance(member, Parameter) else branch(inner, member) for inner, member in below]

    draw_tree(branch("", module), title)


draw_module(Network(seed=4), "Your own tree: a network with two inputs")
print(*[name for name, _ in Network(seed=4).named_parameters()], sep="\n")

# %% [markdown]
# **What to see.** Six parameters: three neurons with a weight and a bias each. The attribute of the network comes first, then the dot, then the attribute of the neuron. A weight is one parameter, though it holds two numbers.
#
# ### Take it away: the recursion
#
# A common first version looks at the attributes of the module, and at those of its children, and stops there. In every small test it finds everything.
#
# > **Predict.** A committee holds three of these networks and one parameter of its own. A larger model holds the committee, and one parameter of its own. Each is asked for its parameters: by your method, and by walks that stop after 0, 1 or 2 steps down. How many does each of them find? What
# > would happen to the others during training?

# %% nbgrader={"grade": false, "grade_id": "recursion_ablation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_depths():
    class Committee(Module):
        def __init__(self):
            super().__init__()
            self.bias = Parameter(0.0)
            self.first, self.second, self.third = (Network(seed) for seed in range(3))

    class Larger(Module):
        def __init__(self):
            super().__init__()
            self.factor, self.committee = Parameter(1.0), Committee()

    def found(module, steps):
        parts = attributes_of(module).values()
        here = sum(isinstance(part, Parameter) for part in parts)
        return here + (sum(found(part, steps - 1) for part in parts if isinstance(part, Module)) if steps else 0)

    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for offset, label, model, colour, hatch in [(-0.2, "a committee of three networks", Committee(), BLUE, ""), (0.2, "a larger model that holds the committee", Larger(), ORANGE, "//")]:
        counts = [found(model, steps) for steps in range(3)] + [len(model.named_parameters())]
        bars = axes.bar([n + offset for n in range(4)], counts, width=0.38, color=colour, hatch=hatch, edgecolor="white", label=label)
        axes.bar_label(bars)
    axes.set(title="Parameters found", ylabel="parameters", xlabel="the walk stops after", ylim=(0, 28), yticks=range(0, 21, 5))
    axes.set_xticks(range(4), ["0 steps", "1 step", "2 steps", "yours: never"])
    axes.legend(frameon=False, loc="upper left")
    plt.show()


plot_depths()

# %% [markdown]
# **What to see.** Two steps are enough for the committee, so whoever wrote that walk has tested it and was content. Put into something larger, the committee loses all but one of its 19 parameters, and nobody is told: the other 18 would never learn. Recursion goes down as far as the tree does (Python itself gives up at about a thousand levels, and no network is as deep).
#
# ### Look at it: the two modes
#
# `Noise` adds a random number to what passes through, while the network learns, and nothing when it is used. (Noise of this kind keeps a network from learning its examples by heart.) It asks its own `training`, which your `train` sets from above.
#
# > **Predict.** Three calls with the same input in each of the two modes. Which of the six results are equal?

# %% nbgrader={"grade": false, "grade_id": "noise", "locked": true, "schema_version": 3, "solution": false, "task": false}
def show_modes():
    class Noise(Module):
        def __init__(self, size):
            super().__init__()
            self.size = size

        def __call__(self, x):
            return x + random.gauss(0, self.size) if self.training else x

    class Noisy(Module):
        def __init__(self):
            super().__init__()
            self.network, self.noise = Network(seed=4), Noise(0.3)

        def __call__(self, x):
            return self.noise(self.network(x))

    random.seed(1)
    model = Noisy()
    for mode in (True, False):
        model.train(mode)
        print(f"train({mode}):".ljust(14), *[f"{model(Vector(1, -1)):+.4f}" for _ in range(3)])


show_modes()

# %% [markdown]
# **What to see.** The three results in training differ from each other, and the last three are equal. Nobody told the noise: `train` was called on the model that holds it, and went down.
#
# ### Look at it: it learns
#
# A trainer that knows nothing about networks: it gets a module and a function `loss` that says how wrong the module is. It goes through `named_parameters`, and for each number it asks: *what happens to the loss if I raise this one a little? And if I lower it?* From the two answers it knows the slope, and moves the number a little downhill. Then it starts again.
# `value + h * step` works for a number and for a `Vector` alike; that is polymorphism at work.
#
# The task: four points in the plane. The answer is +1 if exactly one of the two coordinates is 1, and −1 otherwise (*exclusive or*). No straight line separates the two kinds.
#
# > **Predict.** The loss is the mean square of the errors; one that always answers 0 has the loss 1. The cell starts from three different sets of random numbers and takes 300 steps from each. Will all three arrive at a loss near 0? How does the loss fall: evenly, or with a pause? What will the border
# > between the two answers look like? The cell takes about two seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "learning", "locked": true, "schema_version": 3, "solution": false, "task": false}
def nudge(module, loss, rate, h=1e-4):
    """One step downhill for every number in every parameter."""
    moves = []
    for _, parameter in module.named_parameters():
        value = parameter.value
        n = len(value) if isinstance(value, Vector) else 0
        steps = [Vector(*[float(i == j) for j in range(n)]) for i in range(n)] or [1.0]
        for step in steps:
            parameter.value = value + h * step
            above = loss()
            parameter.value = value - h * step
            below = loss()
            parameter.value = value
            moves.append((parameter, -rate * (above - below) / (2 * h) * step))
    for parameter, move in moves:
        parameter.value = parameter.value + move


def learn():
    points = [(Vector(0, 0), -1), (Vector(0, 1), 1), (Vector(1, 0), 1), (Vector(1, 1), -1)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for start, colour, style in [(4, ORANGE, "--"), (2, GREEN, "-."), (1, BLUE, "-")]:
        network, losses = Network(seed=start), []

        def loss():
            return sum((network(x) - y) ** 2 for x, y in points) / len(points)

        for step in range(301):
            losses.append(loss())
            nudge(network, loss, rate=0.5)
            if step % 30 == 0:
                print(f"\rstart {start}: {'#' * (step // 10):30} step {step:3}, loss {losses[-1]:.4f}", end="", flush=True)
        print()
        left.semilogy(losses, style, color=colour, lw=2, label=f"start {start}")
    left.set(title="The loss, step by step", xlabel="step", ylabel="mean square error")
    left.legend(frameon=False)
    grid = [-0.5 + 0.05 * n for n in range(41)]
    shades = right.contourf(grid, grid, [[network(Vector(p, q)) for p in grid] for q in grid], levels=[-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1], cmap="cividis")
    figure.colorbar(shades, ax=right, label="output of the network")
    for (p, q), y in points:
        right.plot(p, q, "o" if y > 0 else "s", color="white", mec="black", ms=11, mew=1.5)
        right.text(p + 0.07, q + 0.07, f"{network(Vector(p, q)):+.2f}", color="black", fontsize=10, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5})
    right.set(title="Start 1: circles should be +1, squares -1", xlabel="first entry of x", ylabel="second entry of x")
    plt.show()


learn()

# %% [markdown]
# **What to see.** Two of the three starts arrive. One of them rests at 0.5 for a while before it finds the way down. The third gets stuck there: it answers two of the points well and the other two with about 0, and where it stands the ground is almost level: in the last 30 steps the loss falls by less than 0.001. How to start, and how to step, is a subject
# of its own. (The zigzag of start 1 is a step that is too long for a narrow valley: it lands on the other side, again and again.) The border of start 1 is a band: each of the two neurons draws one of its edges, and the third takes what lies between.
#
# Count what a step costs: nine numbers, two evaluations for each, eighteen evaluations of the whole loss. For a million numbers that would be two million. The assignment `a3_backprop` finds all slopes in one walk through the graph, for the price of two or three evaluations, and keeps everything else: the tree, the names, the loop.

# %% [markdown]
# ## What you built
#
# * `Dog`: a class, and objects with a state of their own. `Person` and `Account`: invariants, guarded by properties, at construction and afterwards; methods of the class, and methods of nothing but the subject.
# * `Animal` and `Cat`: inheritance, `super()` and the MRO. `Shape` and `Layer`: abstract classes, which promise; concrete ones, which keep the promise; and code that works with all of them.
# * `Vector`: the data model. Operators, equality, hashes and a `repr` for objects of your own.
# * `Compose`: objects made of objects. `Module`: a tree of them that finds its own numbers.
#
# The last of these is the skeleton of `torch.nn.Module`. PyTorch's class has the same `named_parameters()` (it gives the pairs one at a time, where yours gives a list), with the same dotted names, the same `training` and `train(mode)`, and it wants `super().__init__()` first, as yours does. A saved model is a dictionary whose keys are those names.
#
# ## Where it breaks
#
# * **The door is not locked.** `person._age = -3` works, if that is the name you gave to it. Encapsulation in Python is an agreement between people, and it protects against accidents, not against intent.
# * **Inheritance couples.** A child depends on what its parent does inside, and a tree of six levels is hard to read. Where *has a* will do, it is the better choice; in this course hardly any tree of classes is deeper than two.
# * **A shared parameter** has two names, and your `named_parameters` most likely lists it twice. An optimizer would move it twice. In `a3_backprop` each parameter is found once.
# * **A module that holds itself** sends the recursion round for ever, until `RecursionError`.
# * **Equality of floats.** `Vector(0.1) * 3 == Vector(0.3)` is `False`, because `0.1 * 3` is 0.30000000000000004. Floats are for computing, and seldom for comparing.
# * **The reflected method first?** There is one exception to the order of the two questions: if the right operand's class is a child of the left operand's class and has a reflected method of its own, it is asked first. So a child can improve on its parent.
# * **Speed.** An attribute is a lookup in a dictionary, and an operator is a function call. Your vectors add a few million entries a second; NumPy, which keeps numbers side by side and loops over them in C, adds a few hundred times as many.
#
# ## What comes next
#
# The next assignment, `a2_standardisation`, uses NumPy: tables of data, and how to make their columns comparable. In `a3_backprop` you meet `Module` again, with tensors in the place of your `Vector`, and with a better way to find slopes.
#
# ## Further reading
#
# * The Python documentation: *The Python Tutorial*, chapter "Classes"; *The Python Language Reference*, chapter "Data model", for every method with two underscores; the modules `abc` and `dataclasses`.
# * M. Simionato, "The Python 2.3 method resolution order": how Python computes the MRO, with examples. Its rules still hold.
# * B. H. Liskov, J. M. Wing, "A behavioral notion of subtyping", *ACM Transactions on Programming Languages and Systems* 16 (1994): when a child may stand in for its parent.
# * E. Gamma, R. Helm, R. Johnson, J. Vlissides, *Design Patterns*, Addison-Wesley 1994: why composition is often better than inheritance; your `Compose` is its pattern "Composite".
# * L. Ramalho, *Fluent Python*, 2nd edition, O'Reilly 2022: the data model in depth.
# * The PyTorch documentation, `torch.nn.Module`.
