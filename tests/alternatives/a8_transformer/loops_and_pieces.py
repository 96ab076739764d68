# Loops over rows and columns, a base class for both blocks, buffers of its own, gradients asked for by name, generators.

# %% nbgrader={"grade_id": "patchify_answer", "solution": true}
def corners(H, W, p):
    if H % p != 0 or W % p != 0:
        raise ValueError(f"{p} does not divide {H} and {W}")
    return [(top, left) for top in range(0, H, p) for left in range(0, W, p)]


def patchify(images: torch.Tensor, p: int) -> torch.Tensor:
    B, C, H, W = images.size()
    return torch.stack([images[:, :, top : top + p, left : left + p].flatten(1) for top, left in corners(H, W, p)], dim=1)


def unpatchify(patches: torch.Tensor, p: int, C: int, H: int, W: int) -> torch.Tensor:
    images = patches.new_zeros(len(patches), C, H, W)
    for n, (top, left) in enumerate(corners(H, W, p)):
        images[:, :, top : top + p, left : left + p] = patches[:, n].unflatten(-1, (C, p, p))
    return images


# %% nbgrader={"grade_id": "patch_embedding_answer", "solution": true}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches: int, patch_dim: int, d: int) -> None:
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(torch.zeros(n_patches, d))
        nn.init.normal_(self.positions, std=0.02)
        self.register_buffer("order", torch.arange(n_patches))

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        images = [self.projection(image) + self.positions[self.order] for image in patches]
        return torch.stack(images)


# %% nbgrader={"grade_id": "feed_forward_answer", "solution": true}
class FeedForward(nn.Module):
    def __init__(self, d: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d, d_ff), nn.Linear(d_ff, d)
        self.between = nn.Sequential(nn.ReLU(), nn.Dropout(p=dropout))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear1(x)
        x = self.between(x)
        x = self.linear2(x)
        return x


# %% nbgrader={"grade_id": "encoder_block_answer", "solution": true}
class Block(nn.Module):
    """What both kinds of blocks share. A step is a norm and a function that gives its output first."""

    def __init__(self, d, d_ff, pre_norm, norms):
        super().__init__()
        self.norm_first = pre_norm
        self.feed_forward = FeedForward(d, d_ff)
        self.feed = lambda x: (self.feed_forward(x),)
        for number in range(1, norms + 1):
            self.add_module(f"norm{number}", nn.LayerNorm(d))

    def run(self, x, *steps):
        extra = []
        for number, f in enumerate(steps, start=1):
            norm = getattr(self, f"norm{number}")
            out, *more = f(norm(x) if self.norm_first else x)
            x = torch.add(x, out)
            if not self.norm_first:
                x = norm(x)
            extra += more
        return (x, *extra)


class EncoderBlock(Block):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__(d, d_ff, pre_norm, 2)
        self.attention = MultiHeadAttention(d=d, h=h)

    def forward(self, x, mask=None):
        return self.run(x, lambda y: self.attention(y, y, y, mask), self.feed)


# %% nbgrader={"grade_id": "encoder_classifier_answer", "solution": true}
class Encoder(nn.Module):
    """Patches to vectors through all blocks; the children have the names that a subclass gives."""

    def __init__(self, config, blocks, norm):
        super().__init__()
        self.config = config
        p = config.patch_size
        n = config.image_size // p
        self.names = blocks, norm
        self.embedding = PatchEmbedding(n * n, config.channels * p * p, config.d)
        stack = nn.ModuleList()
        for _ in range(config.layers):
            stack.append(EncoderBlock(config.d, config.h, config.d_ff, config.pre_norm))
        self.add_module(blocks, stack)
        self.add_module(norm, self.last_norm())

    def last_norm(self):
        return nn.LayerNorm(self.config.d) if self.config.pre_norm else nn.Identity()

    def encode(self, images):
        x = self.embedding(patchify(images, self.config.patch_size))
        weights = []
        for block in getattr(self, self.names[0]):
            x, seen = block(x)
            weights += [seen]
        return getattr(self, self.names[1])(x), weights


class EncoderClassifier(Encoder):
    def __init__(self, config: Config) -> None:
        super().__init__(config, "blocks", "norm")
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images):
        x, weights = self.encode(images)
        total = 0
        for n in range(x.shape[1]):
            total = total + self.head(x[:, n])
        return total / x.shape[1], weights


# %% nbgrader={"grade_id": "train_and_evaluate_answer", "solution": true}
def train_epoch(model, loader, optimizer, device):
    for part in model.modules():
        part.training = True
    losses = []
    for batch in loader:
        images, labels = (x.to(device) for x in batch)
        model.zero_grad()
        output = model(images)
        log_p = functional.log_softmax(output[0], dim=1)
        each = -log_p[torch.arange(len(labels), device=log_p.device), labels]
        each.mean().backward()
        optimizer.step()
        losses += each.tolist()
    model.zero_grad()
    return math.fsum(losses) / len(losses)


def evaluate(model, loader, device):
    was = [(part, part.training) for part in model.modules()]
    model.eval()
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    right = []
    for images, labels in loader:
        scores, *_ = model(images.to(device))
        right += [int(row.argmax()) == int(label) for row, label in zip(scores, labels)]
    torch.set_grad_enabled(before)
    for part, training in was:
        part.training = training
    return sum(right) / len(right)


# %% nbgrader={"grade_id": "attention_rollout_answer", "solution": true}
def attention_rollout(weights: list[torch.Tensor]) -> torch.Tensor:
    rollout = None
    for layer in weights[::-1]:
        mixed = torch.stack([0.5 * sum(image) / len(image) + 0.5 * torch.eye(image.shape[-1]).to(image) for image in layer])
        rollout = mixed if rollout is None else torch.einsum("bij,bjk->bik", rollout, mixed)
    return rollout


# %% nbgrader={"grade_id": "decoder_block_answer", "solution": true}
class DecoderBlock(Block):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__(d, d_ff, pre_norm, 3)
        self.self_attention = MultiHeadAttention(d, h)
        self.cross_attention = MultiHeadAttention(d, h)

    def forward(self, x, memory, self_mask=None, memory_mask=None):
        return self.run(
            x,
            lambda y: self.self_attention(y, y, y, mask=self_mask),
            lambda y: self.cross_attention(q=y, k=memory, v=memory, mask=memory_mask),
            self.feed,
        )


# %% nbgrader={"grade_id": "encoder_decoder_classifier_answer", "solution": true}
class EncoderDecoderClassifier(Encoder):
    def __init__(self, config: Config) -> None:
        super().__init__(config, "encoder", "encoder_norm")
        self.decoder = nn.ModuleList([DecoderBlock(config.d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])
        self.decoder_norm = self.last_norm()
        self.queries = nn.Parameter(torch.rand(config.classes, config.d))
        self.head = nn.Linear(config.d, 1)

    def forward(self, images):
        memory, encoder = self.encode(images)
        x = torch.stack([self.queries for _ in images])
        pairs = []
        for block in self.decoder:
            x, *pair = block(x, memory, None, None)
            pairs.append(pair)
        logits = self.head(self.decoder_norm(x))[..., 0]
        return logits, {"encoder": encoder, "decoder_self": [own for own, _ in pairs], "decoder_cross": [cross for _, cross in pairs]}


# %% nbgrader={"grade_id": "greedy_decode_answer", "solution": true}
def tokens_after(step_fn, prefix, stop, room):
    if room > 0:
        scores = list(step_fn(np.array(prefix)))
        token = scores.index(max(scores))
        yield token
        if token != stop:
            yield from tokens_after(step_fn, [*prefix, token], stop, room - 1)


def greedy_decode(step_fn, start, stop, max_len):
    return [start, *tokens_after(step_fn, [start], stop, max_len)]
