"""The model answers with one mistake each; the suite must fail every one on its exercise, and otherwise only on those that need it."""

EMBEDDING = "return self.projection(patches) + self.positions"
RELU = "return self.linear2(self.dropout(torch.relu(self.linear1(x))))"
ENCODER_STEPS = "x = self.embedding(patchify(images, self.patch_size))"
ENCODER_LOGITS = "return self.head(self.norm(x).mean(dim=1)), weights"
DECODER_LOGITS = "return self.head(self.decoder_norm(x)).squeeze(-1), weights"
CROSS = "self.cross_attention(self.norm2(x), memory, memory, memory_mask)"
ENCODER_STACK = "nn.ModuleList([EncoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])"
DECODER_STACK = "nn.ModuleList([DecoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])"

MUTANTS = {
    "patchify": {
        "cut without moving the axes": ("x = x.permute(0, 2, 4, 1, 3, 5)", "x = x"),
        "patches column by column": ("x.permute(0, 2, 4, 1, 3, 5)", "x.permute(0, 4, 2, 1, 3, 5)"),
        "channels last in a patch": ("x.permute(0, 2, 4, 1, 3, 5)", "x.permute(0, 2, 4, 3, 5, 1)"),
        "put together without moving the axes": ("x = x.permute(0, 3, 1, 4, 2, 5)", "x = x"),
        "put together column by column": ("x = x.permute(0, 3, 1, 4, 2, 5)", "x = x.permute(0, 3, 2, 4, 1, 5).reshape(B, C, W // p, p, H // p, p)"),
        "put together with channels last in a patch": ("x = patches.reshape(B, H // p, W // p, C, p, p)", "x = patches.reshape(B, H // p, W // p, p, p, C).permute(0, 1, 2, 5, 3, 4)"),
        "height and width swapped": ("patches.reshape(B, H // p, W // p, C, p, p)", "patches.reshape(B, W // p, H // p, C, p, p)"),
        "crops what does not fit": (
            '        raise ValueError(f"an image of {H} × {W} pixels cannot be cut into patches of {p} × {p}")',
            "        images = images[:, :, : H // p * p, : W // p * p]",
        ),
        "only the height is checked": ("if H % p or W % p:", "if H % p:"),
        "only the width is checked": ("if H % p or W % p:", "if W % p:"),
        "no check when putting together": ('        raise ValueError(f"an image of {H} × {W} pixels has no patches of {p} × {p}")', "        pass"),
        "normalises the images": ("x = images.reshape(", "images /= images.abs().max()\n    x = images.reshape("),
    },
    "patch_embedding": {
        "positions forgotten": (EMBEDDING, "return self.projection(patches)"),
        "positions are not learnt": ("self.positions = nn.Parameter(", "self.positions = nn.Buffer("),
        "one position for all": ("torch.randn(n_patches, d)", "torch.randn(1, d)"),
        "positions the wrong way round": ("torch.randn(n_patches, d)", "torch.randn(d, n_patches)"),
        "positions before the projection": (EMBEDDING, "return self.projection(patches + self.positions.mean(dim=1, keepdim=True))"),
        "positions counted from the end": (EMBEDDING, "return self.projection(patches) + self.positions.flip(0)"),
        "projection without a bias": ("nn.Linear(patch_dim, d)", "nn.Linear(patch_dim, d, bias=False)"),
        "positions behind a detach": (EMBEDDING, "return self.projection(patches) + self.positions.detach()"),
    },
    "feed_forward": {
        "no relu": (RELU, "return self.linear2(self.dropout(self.linear1(x)))"),
        "relu at the end": (RELU, "return torch.relu(self.linear2(self.dropout(self.linear1(x))))"),
        "gelu for relu": ("torch.relu(", "functional.gelu("),
        "a residual connection of its own": (RELU, "return x + self.linear2(self.dropout(torch.relu(self.linear1(x))))"),
        "dropout in evaluation too": ("self.dropout(torch.relu(self.linear1(x)))", "functional.dropout(torch.relu(self.linear1(x)), self.dropout.p)"),
        "other names": ("self.linear1", "self.hidden"),
        "no biases": ("nn.Linear(d, d_ff)", "nn.Linear(d, d_ff, bias=False)"),
        "as wide as the vectors": ("self.linear1 = nn.Linear(d, d_ff)\n        self.linear2 = nn.Linear(d_ff, d)", "self.linear1 = nn.Linear(d, d)\n        self.linear2 = nn.Linear(d, d)"),
        "three axes alone": (RELU, "B, N, d = x.shape\n        return self.linear2(self.dropout(torch.relu(self.linear1(x))))"),
        "gradient stops before the first layer": ("torch.relu(self.linear1(x))", "torch.relu(self.linear1(x.detach()))"),
    },
    "encoder_block": {
        "one norm for both steps": ("self.norm2 = nn.LayerNorm(d)", "self.norm2 = self.norm1"),
        "no residual around the attention": ("            x = x + attended\n            x = x + self", "            x = attended\n            x = x + self"),
        "residual taken from the normed vectors": ("            x = x + attended\n            x = x + self", "            x = normed + attended\n            x = x + self"),
        "mask not passed on": ("self.attention(normed, normed, normed, mask)", "self.attention(normed, normed, normed)"),
        "mask forgotten in post-norm": ("self.attention(x, x, x, mask)", "self.attention(x, x, x)"),
        "always pre-norm": ("if self.pre_norm:", "if True:"),
        "post-norm by default": ("pre_norm: bool = True", "pre_norm: bool = False"),
        "post-norm before the residual": ("x = self.norm1(x + attended)", "x = x + self.norm1(attended)"),
        "another eps": ("self.norm2 = nn.LayerNorm(d)", "self.norm2 = nn.LayerNorm(d, eps=1e-6)"),
        "weights averaged over the heads": ("return x, weights", "return x, weights.mean(dim=1)"),
        "writes into its input": ("            x = x + attended\n            x = x + self", "            x += attended\n            x = x + self"),
        "width and dimension swapped": ("FeedForward(d, d_ff)", "FeedForward(d_ff, d)"),
    },
    "encoder_classifier": {
        "softmax before the loss": (ENCODER_LOGITS, "return self.head(self.norm(x).mean(dim=1)).softmax(dim=-1), weights"),
        "blocks in a plain list": (ENCODER_STACK, ENCODER_STACK.removeprefix("nn.ModuleList(").removesuffix(")")),
        "the same block every time": (ENCODER_STACK, "nn.ModuleList([EncoderBlock(d, config.h, config.d_ff, config.pre_norm)] * config.layers)"),
        "the first patch speaks for all": ("self.norm(x).mean(dim=1)", "self.norm(x)[:, 0]"),
        "mean before the norm": ("self.norm(x).mean(dim=1)", "self.norm(x.mean(dim=1))"),
        "norm forgotten": ("self.norm(x).mean(dim=1)", "x.mean(dim=1)"),
        "norm after post-norm too": ("nn.LayerNorm(d) if config.pre_norm else nn.Identity()", "nn.LayerNorm(d)"),
        "always ten classes": ("nn.Linear(d, config.classes)", "nn.Linear(d, 10)"),
        "always pre-norm": ("EncoderBlock(d, config.h, config.d_ff, config.pre_norm)", "EncoderBlock(d, config.h, config.d_ff)"),
        "heads and width swapped": ("EncoderBlock(d, config.h, config.d_ff,", "EncoderBlock(d, config.d_ff, config.h,"),
        "weights of the last block only": ("weights.append(attention)", "weights = [attention]"),
        "weights kept from call to call": ("        weights = []\n", "        weights = self.__dict__.setdefault('kept', [])\n"),
        "embedding cut off from the gradient": (ENCODER_STEPS, "x = self.embedding(patchify(images, self.patch_size)).detach()"),
    },
    "train_and_evaluate": {
        "gradients not zeroed": ("        optimizer.zero_grad()\n", ""),
        "gradients zeroed after the step only": (
            "        optimizer.zero_grad()\n        logits, _ = model(images)\n        loss = functional.cross_entropy(logits, labels)\n        loss.backward()\n        optimizer.step()\n",
            "        logits, _ = model(images)\n        loss = functional.cross_entropy(logits, labels)\n        loss.backward()\n        optimizer.step()\n        optimizer.zero_grad()\n",
        ),
        "gradients zeroed before the step": ("        loss.backward()\n        optimizer.step()\n", "        loss.backward()\n        optimizer.zero_grad()\n        optimizer.step()\n"),
        "softmax before cross-entropy": ("functional.cross_entropy(logits, labels)", "functional.cross_entropy(logits.softmax(dim=-1), labels)"),
        "mean of the batch means": ("loss.item() * len(labels)\n        samples += len(labels)", "loss.item()\n        samples += 1"),
        "no training mode": ("    model.train()\n", ""),
        "needs the length of the loader": ("return total / samples", "return total / samples + 0 * len(loader)"),
        "evaluation without eval()": ("    model.eval()\n", ""),
        "evaluation recorded by autograd": ("with torch.no_grad():", "if True:"),
        "recording never switched on again": ("    with torch.no_grad():\n", "    torch.set_grad_enabled(False)\n    if True:\n"),
        "training mode after every evaluation": ("model.train(mode)", "model.train()"),
        "mean of the accuracies of the batches": ("right += (logits.argmax(dim=1) == labels).sum().item()\n            samples += len(labels)", "right += (logits.argmax(dim=1) == labels).double().mean().item()\n            samples += 1"),
        "batches stay where they are": ("images, labels = images.to(device), labels.to(device)", "pass"),
        "gradients cleared by the evaluation": ("    model.eval()\n", "    model.eval()\n    model.zero_grad()\n"),
    },
    "attention_rollout": {
        "layers in the wrong order": ("rollout = mixing @ rollout", "rollout = rollout @ mixing"),
        "no identity": ("(layer.mean(dim=1) + identity) / 2", "layer.mean(dim=1)"),
        "not halved": ("(layer.mean(dim=1) + identity) / 2", "layer.mean(dim=1) + identity"),
        "sum over the heads": ("layer.mean(dim=1)", "layer.sum(dim=1)"),
        "largest head": ("layer.mean(dim=1)", "layer.amax(dim=1)"),
        "mean over the images": ("layer.mean(dim=1)", "layer.mean(dim=(0, 1)).expand(len(layer), N, N)"),
        "element by element": ("mixing @ rollout", "mixing * rollout"),
        "last layer alone": ("rollout = mixing @ rollout", "rollout = mixing"),
        "transposed": ("return rollout", "return rollout.transpose(1, 2)"),
        "adds the identity to its input": ("mixing = (layer.mean(dim=1) + identity) / 2", "mixing = layer.add_(identity).div_(2).mean(dim=1)"),
    },
    "decoder_block": {
        "one attention for both": ("self.cross_attention = MultiHeadAttention(d, h)", "self.cross_attention = self.self_attention"),
        "one norm for two steps": ("self.norm2 = nn.LayerNorm(d)", "self.norm2 = self.norm1"),
        "residual taken from the memory": (f"attended, cross_weights = {CROSS}\n            x = x + attended", f"attended, cross_weights = {CROSS}\n            x = memory.mean(dim=1, keepdim=True) + attended"),
        "queries and keys swapped": (CROSS, "self.cross_attention(memory, self.norm2(x), self.norm2(x), memory_mask)"),
        "memory normalised": (CROSS, "self.cross_attention(self.norm2(x), self.norm2(memory), self.norm2(memory), memory_mask)"),
        "cross-attention to itself": (CROSS, "self.cross_attention(self.norm2(x), self.norm2(x), self.norm2(x), memory_mask)"),
        "self mask not applied": ("self.self_attention(normed, normed, normed, self_mask)", "self.self_attention(normed, normed, normed)"),
        "memory mask not applied": (CROSS, "self.cross_attention(self.norm2(x), memory, memory)"),
        "memory mask forgotten in post-norm": ("self.cross_attention(x, memory, memory, memory_mask)", "self.cross_attention(x, memory, memory)"),
        "cross-attention first": (
            "            attended, self_weights = self.self_attention(normed, normed, normed, self_mask)\n            x = x + attended\n"
            "            attended, cross_weights = self.cross_attention(self.norm2(x), memory, memory, memory_mask)\n            x = x + attended\n",
            "            attended, cross_weights = self.cross_attention(self.norm2(x), memory, memory, memory_mask)\n            x = x + attended\n"
            "            normed = self.norm1(x)\n            attended, self_weights = self.self_attention(normed, normed, normed, self_mask)\n            x = x + attended\n",
        ),
        "weights the wrong way round": ("return x, self_weights, cross_weights", "return x, cross_weights, self_weights"),
        "gradient does not reach the memory": (CROSS, "self.cross_attention(self.norm2(x), memory.detach(), memory.detach(), memory_mask)"),
        "writes into its input": ("            x = x + attended\n            attended, cross_weights = self.cross_attention(self.norm2(x)", "            x += attended\n            attended, cross_weights = self.cross_attention(self.norm2(x)"),
    },
    "encoder_decoder_classifier": {
        "softmax before the loss": (DECODER_LOGITS, "return self.head(self.decoder_norm(x)).squeeze(-1).softmax(dim=-1), weights"),
        "decoder in a plain list": (DECODER_STACK, DECODER_STACK.removeprefix("nn.ModuleList(").removesuffix(")")),
        "queries are not learnt": ("self.queries = nn.Parameter(", "self.queries = nn.Buffer("),
        "always ten queries": ("torch.randn(config.classes, d)", "torch.randn(10, d)"),
        "memory not normed": ("        memory = self.encoder_norm(memory)\n", ""),
        "one norm for encoder and decoder": ("self.head(self.decoder_norm(x))", "self.head(self.encoder_norm(x))"),
        "decoder reads the embedding": ("x, self_attention, cross_attention = block(x, memory)", "x, self_attention, cross_attention = block(x, self.embedding(patchify(images, self.patch_size)))"),
        "queries and memory swapped": ("block(x, memory)", "block(memory, x)"),
        "weights under the wrong names": (
            'weights["decoder_self"].append(self_attention)\n            weights["decoder_cross"].append(cross_attention)',
            'weights["decoder_self"].append(cross_attention)\n            weights["decoder_cross"].append(self_attention)',
        ),
        "weights of the last block only": ('weights["decoder_cross"].append(cross_attention)', 'weights["decoder_cross"] = [cross_attention]'),
        "a causal mask between the classes": ("block(x, memory)", "block(x, memory, torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril())"),
        "a single image loses its axis": (".squeeze(-1)", ".squeeze()"),
        "queries for one image": ("self.queries.expand(images.shape[0], -1, -1)", "self.queries[None]"),
    },
    "greedy_decode": {
        "start left out": ("return tokens", "return tokens[1:]"),
        "stop left out": (
            "        tokens.append(int(np.argmax(scores)))\n        if tokens[-1] == stop:\n            break\n",
            "        if int(np.argmax(scores)) == stop:\n            break\n        tokens.append(int(np.argmax(scores)))\n",
        ),
        "max_len counts the start": ("range(max_len)", "range(max_len - 1)"),
        "never stops early": ("        if tokens[-1] == stop:\n            break\n", ""),
        "stops at once when start is stop": ("    for _ in range(max_len):\n", "    for _ in range(max_len):\n        if tokens[-1] == stop:\n            break\n"),
        "ties take the highest": ("int(np.argmax(scores))", "int(len(scores) - 1 - np.argmax(np.array(scores)[::-1]))"),
        "last token alone": ("step_fn(np.array(tokens))", "step_fn(np.array(tokens[-1:]))"),
        "prefix as a list": ("step_fn(np.array(tokens))", "step_fn(list(tokens))"),
        "prefix of floats": ("np.array(tokens)", "np.array(tokens, dtype=float)"),
        "the best score, not its token": ("int(np.argmax(scores))", "float(np.max(scores))"),
        "starts the search at zero": ("int(np.argmax(scores))", "int(max(range(len(scores)), key=lambda k: max(scores[k], 0.0)))"),
        "one array for all calls": (
            "    tokens = [start]\n    for _ in range(max_len):\n        scores = step_fn(np.array(tokens))\n        tokens.append(int(np.argmax(scores)))\n        if tokens[-1] == stop:\n            break\n    return tokens",
            "    whole, n = np.full(max_len + 1, start), 1\n    while n <= max_len:\n        whole[n] = int(np.argmax(step_fn(whole[:n])))\n        n += 1\n        if whole[n - 1] == stop:\n            break\n    return whole[:n].tolist()",
        ),
    },
}

START = "starting values are not tested"
SQUARE = "the weights of all layers have the same shape, square for every head, the same dtype, and lie on the same device"
IN_EVALUATION = "dropout does nothing in evaluation mode, the only one in which it is tested"

EQUIVALENT = {  # changes of a machine that make no difference, and why
    "patch_embedding": {
        "self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))  ->  self.positions = nn.Parameter(0.3 / torch.randn(n_patches, d))": START,
        "self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))  ->  self.positions = nn.Parameter(0.3 + torch.randn(n_patches, d))": START,
        "self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))  ->  self.positions = nn.Parameter(torch.randn(n_patches, d))": START,
        "self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))  ->  self.positions = nn.Parameter(1.3 * torch.randn(n_patches, d))": START,
        "self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))  ->  self.positions = nn.Parameter(-0.7 * torch.randn(n_patches, d))": START,
    },
    "feed_forward": {
        "return self.linear2(self.dropout(torch.relu(self.linear1(x))))  ->  return self.linear2(torch.relu(self.linear1(x)))": IN_EVALUATION,
        "def __init__(self, d: int, d_ff: int, dropout: float=0.0) -> None:  ->  def __init__(self, d: int, d_ff: int, dropout: float=1.0) -> None:": IN_EVALUATION,
    },
    "train_and_evaluate": {
        "total, samples = (0.0, 0)  ->  total, samples = (0, 0.0)": "a sum, and a count, whichever of them begins as a float",
    },
    "attention_rollout": {
        "rollout = identity.expand(weights[0].shape[0], N, N)  ->  rollout = identity.expand(weights[-1].shape[0], N, N)": SQUARE,
        "identity = torch.eye(N, dtype=weights[0].dtype, device=weights[0].device)  ->  identity = torch.eye(N, dtype=weights[0].dtype)": SQUARE,
        "identity = torch.eye(N, dtype=weights[0].dtype, device=weights[0].device)  ->  identity = torch.eye(N, dtype=weights[0].dtype, device=weights[-1].device)": SQUARE,
        "identity = torch.eye(N, dtype=weights[0].dtype, device=weights[0].device)  ->  identity = torch.eye(N, dtype=weights[-1].dtype, device=weights[0].device)": SQUARE,
        "N = weights[0].shape[-1]  ->  N = weights[0].shape[-2]": SQUARE,
        "N = weights[0].shape[-1]  ->  N = weights[-1].shape[-1]": SQUARE,
    },
    "greedy_decode": {
        "tokens.append(int(np.argmax(scores)))  ->  tokens.append(np.argmax(scores))": "an integer of NumPy is an integer",
    },
}
