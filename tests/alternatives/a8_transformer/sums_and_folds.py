# Unfold and fold, steps as functions, functional dropout, sums instead of means, inference mode, products from the right.

# %% nbgrader={"grade_id": "patchify_answer", "solution": true}
def fits(H, W, p):
    if max(H % p, W % p) > 0:
        raise ValueError("a patch would stick out")


def patchify(images, p):
    fits(*images.shape[-2:], p)
    return functional.unfold(images, p, stride=p).transpose(1, 2)


def unpatchify(patches, p, C, H, W):
    fits(H, W, p)
    return functional.fold(patches.transpose(1, 2), output_size=(H, W), kernel_size=p, stride=p)


# %% nbgrader={"grade_id": "patch_embedding_answer", "solution": true}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d):
        super().__init__()
        self.positions = nn.Parameter(torch.empty(n_patches, d).uniform_(-0.1, 0.1))
        self.projection = nn.Linear(in_features=patch_dim, out_features=d, bias=True)

    def forward(self, patches):
        places = self.positions.unsqueeze(0).expand(len(patches), -1, -1)
        return torch.add(places, functional.linear(patches, self.projection.weight, self.projection.bias))


# %% nbgrader={"grade_id": "feed_forward_answer", "solution": true}
class FeedForward(nn.Module):
    def __init__(self, d, d_ff, dropout=0.0):
        super().__init__()
        self.linear2 = nn.Linear(d_ff, d)
        self.linear1 = nn.Linear(d, d_ff)
        self.rate = dropout

    def forward(self, x):
        hidden = self.linear1(x).clamp(min=0)
        return self.linear2(functional.dropout(hidden, self.rate, training=self.training))


# %% nbgrader={"grade_id": "encoder_block_answer", "solution": true}
def step(x, f, norm, pre_norm):
    """One residual step; f gives a vector for each vector."""
    return x + f(norm(x)) if pre_norm else norm(x + f(x))


class EncoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.feed_forward = FeedForward(d, d_ff)
        self.attention = MultiHeadAttention(d, h)
        self.first = pre_norm

    def forward(self, x, mask=None):
        seen = []

        def attend(y):
            out, weights = self.attention(y, y, y, mask=mask)
            seen.append(weights)
            return out

        x = step(x, attend, self.norm1, self.first)
        return step(x, self.feed_forward, self.norm2, self.first), seen[0]


# %% nbgrader={"grade_id": "encoder_classifier_answer", "solution": true}
def side(config):
    return config.image_size // config.patch_size


class EncoderClassifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embedding = PatchEmbedding(n_patches=side(config) * side(config), patch_dim=config.channels * config.patch_size**2, d=config.d)
        self.blocks = nn.ModuleList()
        while len(self.blocks) < config.layers:
            self.blocks.append(EncoderBlock(config.d, config.h, config.d_ff, pre_norm=config.pre_norm))
        self.norm = nn.LayerNorm(config.d) if config.pre_norm else nn.Identity()
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images):
        patches = patchify(images, p=self.config.patch_size)
        x, weights = self.embedding(patches), ()
        for block in self.blocks:
            x, seen = block(x, mask=None)
            weights = (*weights, seen)
        return self.head(self.norm(x).sum(1) / x.shape[1]), weights


# %% nbgrader={"grade_id": "train_and_evaluate_answer", "solution": true}
def train_epoch(model, loader, optimizer, device):
    model.train(True)
    count = 0
    total = torch.zeros((), dtype=torch.float64)
    for images, labels in loader:
        scores = model(images.to(device))[0]
        loss = functional.cross_entropy(scores, labels.to(device), reduction="sum")
        optimizer.zero_grad(set_to_none=False)
        (loss / len(images)).backward()
        optimizer.step()
        count += len(images)
        total += loss.detach().cpu()
    return (total / count).item()


def evaluate(model, loader, device):
    training = model.training
    try:
        with torch.inference_mode():
            found = [model.eval()(images.to(device))[0].topk(1).indices[:, 0].eq(labels.to(device)) for images, labels in loader]
            return float(torch.cat(found).double().mean())
    finally:
        model.train(training)


# %% nbgrader={"grade_id": "attention_rollout_answer", "solution": true}
def attention_rollout(weights):
    *earlier, last = weights
    mixed = (last.sum(1) / last.shape[1]).clone()
    mixed.diagonal(dim1=1, dim2=2).add_(1)
    mixed = mixed * 0.5
    return torch.bmm(mixed, attention_rollout(earlier)) if earlier else mixed


# %% nbgrader={"grade_id": "decoder_block_answer", "solution": true}
class DecoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        for name in ("norm3", "norm2", "norm1"):
            setattr(self, name, nn.LayerNorm(d))
        self.feed_forward = FeedForward(d, d_ff)
        self.cross_attention, self.self_attention = MultiHeadAttention(d, h), MultiHeadAttention(d, h)
        self.first = pre_norm

    def forward(self, x, memory, self_mask=None, memory_mask=None):
        seen = {}

        def look(y):
            out, seen["self"] = self.self_attention(y, y, y, self_mask)
            return out

        def ask(y):
            out, seen["cross"] = self.cross_attention(y, memory, memory, memory_mask)
            return out

        for f, norm in ((look, self.norm1), (ask, self.norm2), (self.feed_forward, self.norm3)):
            x = x + f(norm(x)) if self.first else norm(x + f(x))
        return x, seen["self"], seen["cross"]


# %% nbgrader={"grade_id": "encoder_decoder_classifier_answer", "solution": true}
class EncoderDecoderClassifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        n = config.image_size // config.patch_size
        sizes = dict(d=config.d, h=config.h, d_ff=config.d_ff, pre_norm=config.pre_norm)
        self.patch = config.patch_size
        self.embedding = PatchEmbedding(n**2, config.channels * self.patch**2, config.d)
        self.encoder = nn.ModuleList(EncoderBlock(**sizes) for _ in range(config.layers))
        self.decoder = nn.ModuleList(DecoderBlock(**sizes) for _ in range(config.layers))
        self.queries = nn.Parameter(torch.randn(config.classes, config.d))
        self.head = nn.Linear(config.d, 1)
        self.encoder_norm, self.decoder_norm = (nn.LayerNorm(config.d) if config.pre_norm else nn.Identity() for _ in range(2))

    def forward(self, images):
        weights = dict(decoder_cross=[], decoder_self=[], encoder=[])
        x = self.embedding(patchify(images, self.patch))
        for block in self.encoder:
            x, seen = block(x)
            weights["encoder"].append(seen)
        memory = self.encoder_norm(x)
        x = self.queries.repeat(len(images), 1, 1)
        for block in self.decoder:
            x, mine, theirs = block(x, memory=memory)
            weights["decoder_self"].append(mine)
            weights["decoder_cross"].append(theirs)
        x = self.decoder_norm(x)
        return torch.matmul(x, self.head.weight[0]) + self.head.bias, weights


# %% nbgrader={"grade_id": "greedy_decode_answer", "solution": true}
def greedy_decode(step_fn, start, stop, max_len):
    tokens = [start]
    while len(tokens) - 1 < max_len and (len(tokens) == 1 or tokens[-1] != stop):
        scores = np.asarray(step_fn(np.asarray(tokens, dtype=np.int64)))
        tokens.append(np.flatnonzero(scores == scores.max())[0])
    return tokens
