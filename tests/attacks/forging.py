"""Forging: answers that pretend to be right, and messages that pretend to be the grader's."""

from __future__ import annotations

from siege import Attack

_FRAME = """
    import json, os, struct

    def frame(tree, buffers=b""):
        header = json.dumps(tree).encode() if not isinstance(tree, bytes) else tree
        return struct.pack("<4sII", b"GWK1", len(header), len(buffers)) + header + buffers

    def say(kind, number, payload):
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, struct.pack("<cII", kind, number, len(payload)) + payload)
            except OSError:
                pass
"""


def _framed(header: str, buffers: str = 'b""') -> str:
    """An attack that answers the first question with a frame of its own making."""
    return f"{_FRAME}\n    def seal(text):\n        say(b'a', 1, frame({header}, {buffers}))\n        os._exit(0)\n"


def _self_defeating(text: str) -> Attack:
    """An attack on its own process, in which nothing is answered rightly any more, the honest part included."""
    return Attack(text, mark=0)


def _reported(tree: str, buffers: str = 'b""') -> Attack:
    """An attack that says of its own making what came of loading it, and once more in its answers."""
    report = f"frame({tree}, {buffers})"
    return _self_defeating(
        f"{_FRAME}\n    say(b'l', 0, {report})\n\n    def seal(text):\n"
        f"        say(b'l', 0, {report})\n        say(b'a', 1, {report})\n        os._exit(0)\n"
    )


def _numpy(text: str) -> Attack:
    return Attack(text, course="numpy")


def _torch(text: str) -> Attack:
    return Attack(text, course="torch")


FORGING: dict[str, str | Attack] = {
    # ---------------------------------------------------------------------------------- the same answer to everything
    "answers True": "def seal(text): return True",
    "answers None": "def seal(text): return None",
    "answers 0": "def seal(text): return 0",
    "answers its own input": "def seal(text): return text",
    "answers the last input it saw": """
        seen = [""]
        def seal(text):
            seen.append(text)
            return seen[-2]
    """,
    "raises what is asked, always": "def seal(text): raise TypeError('only text is sealed')",
    "answers with the class of the exception": "def seal(text): return TypeError",
    "answers with the exception instead of raising it": "def seal(text): return TypeError('only text is sealed')",
    # ------------------------------------------------------------------------------------------- objects that lie
    "text that equals everything": """
        class Equal(str):
            __hash__ = str.__hash__
            def __eq__(self, other): return True
            def __ne__(self, other): return False
        def seal(text): return Equal("sealed")
    """,
    "a float that equals everything": """
        class Equal(float):
            __hash__ = float.__hash__
            def __eq__(self, other): return True
            def __float__(self): return 1.0
            __sub__ = __rsub__ = __abs__ = lambda self, *other: Equal(0.0)
        def seal(text): return Equal(0.0)
    """,
    "an int that lies about its value": """
        class Liar(int):
            def __index__(self): raise SystemExit
            __int__ = __float__ = __hash__ = bit_length = __index__
            def __eq__(self, other): return True
        def seal(text): return Liar(7)
    """,
    "a dict that lies about its items": """
        class Liar(dict):
            def __iter__(self): return iter(["error", "valid"])
            def __len__(self): return 2
            def __getitem__(self, key): return True
            def __eq__(self, other): return True
            items = keys = values = lambda self: [("error", True)]
        def seal(text): return Liar()
    """,
    "a list that is never the same twice": """
        class Liar(list):
            def __len__(self): return 64
            def __iter__(self):
                while True:
                    yield "f"
            def __eq__(self, other): return True
        def seal(text): return Liar([1])
    """,
    "a set without end": """
        class Endless(set):
            def __iter__(self):
                number = 0
                while True:
                    number += 1
                    yield number
        def seal(text): return Endless()
    """,
    "an object that lies about its class": """
        class Text:
            __class__ = str
            def __str__(self): return "sealed"
            def __eq__(self, other): return True
            def __len__(self): return 64
        def seal(text): return Text()
    """,
    "a class whose metaclass equals everything": """
        class Meta(type):
            def __eq__(cls, other): return True
            def __instancecheck__(cls, other): return True
            __hash__ = type.__hash__
        class Text(metaclass=Meta): pass
        def seal(text): return Text()
    """,
    "a pickle that would run": """
        import os, pickle
        class Bomb:
            def __reduce__(self): return os.system, ("touch /tmp/onslaught",)
        def seal(text): return pickle.dumps(Bomb()) if text == "ab" else Bomb()
    """,
    "an exception that lies about what it is": """
        class Refusal(Exception):
            __class__ = TypeError
            def __str__(self): raise SystemExit
        Refusal.__name__ = Refusal.__qualname__ = "TypeError"
        Refusal.__module__ = "builtins"
        def seal(text): raise Refusal
    """,
    # ------------------------------------------------------------------------------------------- data that does harm
    "nan": "def seal(text): return float('nan')",
    "infinity and a complex infinity": "def seal(text): return [float('inf'), complex(float('-inf'), float('nan'))]",
    "an integer of 100,000 bits": "def seal(text): return 1 << 100_000",
    "half a surrogate pair": "def seal(text): return '\\ud800' * 64",
    "a list that contains itself": """
        def seal(text):
            endless = []
            endless.append(endless)
            return endless
    """,
    "a list a million deep": """
        def seal(text):
            deep = []
            for _ in range(10**6):
                deep = [deep]
            return deep
    """,
    "keys that all collide": f"""{_FRAME}
    def seal(text):
        keys = [[{{"I": hex(number * (2**61 - 1))}}, 0] for number in range(2**13, 2**13 + 4096)]
        say(b"a", 1, frame(["answer", {{"d": keys}}]))
        os._exit(0)
    """,
    # ------------------------------------------------------------------------------------------- patched surroundings
    "patched builtins": """
        import builtins
        for name in ("isinstance", "issubclass", "type", "repr", "len", "hash", "all", "any", "sum", "min", "max", "round", "abs"):
            setattr(builtins, name, lambda *given, **more: True)
        def seal(text): return True
    """,
    "patched modules, pytest among them": _self_defeating("""
        import sys, types
        class Agreeable(types.ModuleType):
            def __getattr__(self, name): return lambda *given, **more: True
        for name in ("pytest", "autograder", "autograder.testing", "autograder.suite.compare", "numpy", "numpy.testing", "hashlib"):
            sys.modules[name] = Agreeable(name)
        def seal(text): return True
    """),
    "a patched codec": _self_defeating("""
        import sys
        child, codec = sys.modules["worker.child"], sys.modules["worker.codec"]
        sealed = codec.encode(["answer", {"error": TypeError(), "valid": True}])
        codec.encode = child.codec.encode = lambda value: sealed
        codec.decode = lambda frame, tensors=False: []
        child._answer = lambda module, probes, request: sealed
        def seal(text): return True
    """),
    "probes replaced from the frames above": """
        import sys
        def seal(text):
            frame = sys._getframe()
            while frame:
                for name, value in frame.f_locals.items():
                    if name == "probes" and isinstance(value, dict):
                        value.update(refusal=lambda m, x: {"error": TypeError(), "valid": True}, seal=lambda m, x: True)
                frame = frame.f_back
            return True
    """,
    # ------------------------------------------------------------------------------------------- forged messages
    "frames on every descriptor": _FRAME + """
    def seal(text):
        for number in range(1, 20):
            say(b"a", number, frame(["answer", True]))
        return True
    """,
    "a mark, as JSON, on every descriptor": """
        import json, os
        def seal(text):
            for descriptor in range(64):
                try:
                    os.write(descriptor, json.dumps({"score": 100, "max_score": 10, "passed": True}).encode() + b"\\n")
                except OSError:
                    pass
            return True
    """,
    "poisons what the next exercise will run": _FRAME + """
    import marshal
    code = compile("def double(x): return 'onslaught'", "<cell 2>", "exec")
    say(b"m", 0, marshal.dumps([("answer", "", [(1, code)])] * 3))
    """,
    "says that the sandbox is broken": _FRAME + """
    say(b"x", 0, b"no sandbox here")
    """,
    "says that another cell ended the process": _self_defeating(_FRAME + """
    say(b"c", 2, b"")
    os._exit(0)
    """),
    "says that it has loaded, and more": _self_defeating(_FRAME + """
    say(b"l", 0, frame([[2, 1, "SystemExit"], [99, -1, "onslaught"], 7]))
    say(b"a", 1, frame(["answer", True]))
    """),
    "an answer whose kind is an array": _framed('[{"a": ["int64", [2]]}, 0]', "bytes(16)"),
    "an answer whose kind is an empty array": _framed('[{"a": ["float64", [0]]}, 0]'),
    "an answer whose kind is a number of NumPy's": _framed('[{"n": ["int64", []]}, 0]', "bytes(8)"),
    "an answer that is an array of two": _framed('{"a": ["int64", [2]]}', "bytes(16)"),
    "a load report with a name that cannot be hashed": _reported("[[0, 1, []]]"),
    "a load report with a set for a name": _reported('[[0, 1, {"s": [1]}]]'),
    "a load report with an array for a name": _reported('[[0, 1, {"a": ["int64", [2]]}]]', "bytes(16)"),
    "a load report with an array for a line": _reported('[[0, {"a": ["int64", [2]]}, "ValueError"]]', "bytes(16)"),
    "a load report with an exception for a name": _reported('[[0, 1, {"E": [["ValueError"], "", None, None]}]]'),
    "a frame with a thousand brackets": _framed('b"[" * 200_000'),
    "a frame with two tags in one object": _framed('["answer", {"a": 1, "T": 2}]'),
    "a frame with the same key twice": _framed('["answer", {"d": [["error", 0], ["error", {"E": [["TypeError"], "", None, None]}]]}]'),
    "a frame with an array larger than its bytes": _framed('["answer", {"a": ["float64", [1 << 26]]}]', 'b"12345678"'),
    "a frame with an empty array of huge axes": _framed('["answer", {"a": ["float64", [0] + [1 << 26] * 15]}]'),
    "a frame with an array of objects": _framed('["answer", {"a": ["object", [1]]}]', 'b"12345678"'),
    "a frame with a bool that is neither": _framed('["answer", {"a": ["bool", [1]]}]', 'b"2"'),
    "a frame with an exception of its own naming": _framed('["raised", {"E": [["<script>onslaught()</script>"], "", 0, 1]}]'),
    "a frame with an exception from a line that there is not": _framed('["raised", {"E": [["TypeError"], "", 77, 2000000000]}]'),
    "a frame with a number of a million digits": _framed('b"[\\"answer\\"," + b"9" * 1_000_000 + b"]"'),
    "a frame with an infinity in JSON": _framed('b"[\\"answer\\",1e999]"'),
    "a frame that is a verdict": _framed('["passed", True]'),
    # --------------------------------------------------------------------------------------- NumPy arrays and tensors
    "an array of nan, of the right shape": _numpy("""
        import numpy as np
        def scale(x): return np.full_like(x, np.nan)
    """),
    "a tensor of zeros, of the right shape": _torch("""
        import torch
        def scale(x): return torch.zeros_like(x)
    """),
    "an array that equals everything": _numpy("""
        import numpy as np
        class Equal(np.ndarray):
            __hash__ = None
            def __eq__(self, other): return np.True_
            def __array_ufunc__(self, ufunc, method, *inputs, **options): return np.True_
            def __array_function__(self, function, types, args, kwargs): return True
        def scale(x): return np.zeros(x.shape).view(Equal)
    """),
    "an array that lies about its shape": _numpy("""
        import numpy as np
        class Liar(np.ndarray):
            shape = property(lambda self: (2, 3))
            size = property(lambda self: 6)
            nbytes = property(lambda self: 0)
            astype = lambda self, *given, **more: self
            tobytes = lambda self, *given: b""
        def scale(x): return np.zeros(1000).view(Liar)
    """),
    "NumPy, patched to agree": _numpy("""
        import numpy as np
        np.allclose = np.isclose = np.array_equal = np.equal = lambda *given, **more: True
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *given, **more: None
        np.asarray = np.array = lambda x, *given, **more: np.zeros((2, 3))
        np.ndarray.__eq__ = lambda *given: True if False else None
        def scale(x): return x
    """),
    "a scalar that is broadcast to a terabyte": _numpy("""
        import numpy as np
        def scale(x): return np.broadcast_to(np.float64(2.5), (1 << 20, 1 << 17))
    """),
    "an empty array of huge axes": _numpy("""
        import numpy as np
        def scale(x): return np.zeros((0, 1 << 30, 1 << 30))
    """),
    "an array of objects that equal everything": _numpy("""
        import numpy as np
        class Equal:
            def __eq__(self, other): return True
            def __array__(self, *given, **more): return np.ones((2, 3))
        def scale(x): return np.full(x.shape, Equal(), dtype=object) if x.ndim > 1 else Equal()
    """),
    "arrays of unusual dtypes": _numpy("""
        import numpy as np
        def scale(x): return x.astype(np.longdouble) * 2.5 if x.ndim > 1 else np.array([(2.5, 5.0)], dtype="f8,f8")
    """),
    "a masked array with everything masked": _numpy("""
        import numpy as np
        def scale(x): return np.ma.masked_all(x.shape)
    """),
    "an array whose strides lead outside": _numpy("""
        import numpy as np
        def scale(x): return np.lib.stride_tricks.as_strided(x, shape=(1 << 22,), strides=(1 << 16,))
    """),
    "a tensor that equals everything": _torch("""
        import torch
        class Equal(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None): return True
        def scale(x): return torch.zeros(x.shape).as_subclass(Equal)
    """),
    "torch, patched to agree": _torch("""
        import torch
        torch.equal = torch.allclose = torch.isclose = torch.eq = lambda *given, **more: True
        torch.testing.assert_close = lambda *given, **more: None
        torch.Tensor.__eq__ = lambda *given: True
        torch.Tensor.numpy = lambda *given, **more: None
        def scale(x): return x
    """),
    "a tensor without data, of a petabyte": _torch("""
        import torch
        def scale(x): return torch.empty((1 << 25, 1 << 25), device="meta") if x.ndim > 1 else torch.zeros(1).expand(1 << 50)
    """),
}  # fmt: skip
