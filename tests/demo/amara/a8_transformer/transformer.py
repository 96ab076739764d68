# Complete and right: her own way, with einsum and one helper for every residual step

# %% nbgrader={"grade_id": "patchify_answer"}
def patchify(images: torch.Tensor, p: int) -> torch.Tensor:
    B, C, H, W = images.shape
    if H % p or W % p:
        raise ValueError(f"{H} x {W} pixels do not split into patches of {p} x {p}")
    windows = images.unfold(2, p, p).unfold(3, p, p)  # [B, C, rows, columns, p, p]
    return torch.einsum("bcrsij->brscij", windows).flatten(3).flatten(1, 2)


def unpatchify(patches: torch.Tensor, p: int, C: int, H: int, W: int) -> torch.Tensor:
    if H % p or W % p:
        raise ValueError(f"{H} x {W} pixels are not made of patches of {p} x {p}")
    grid = patches.unflatten(2, (C, p, p)).unflatten(1, (H // p, W // p))
    return torch.einsum("brscij->bcrisj", grid).reshape(len(patches), C, H, W)


# %% nbgrader={"grade_id": "patch_embedding_answer"}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches: int, patch_dim: int, d: int) -> None:
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(torch.randn(n_patches, d) * 0.1)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        vectors = torch.einsum("bnp,dp->bnd", patches, self.projection.weight)
        return vectors + (self.positions + self.projection.bias)


# %% nbgrader={"grade_id": "feed_forward_answer"}
class FeedForward(nn.Module):
    def __init__(self, d: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear2(self.drop(functional.relu(self.linear1(x))))


# %% nbgrader={"grade_id": "encoder_block_answer"}
class EncoderBlock(nn.Module):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)
        self.pre_norm = pre_norm

    def forward(self, x, mask=None):
        before = self.norm1 if self.pre_norm else nn.Identity()
        after = nn.Identity() if self.pre_norm else self.norm1
        y = before(x)
        attended, weights = self.attention(y, y, y, mask)
        x = after(x + attended)
        if self.pre_norm:
            return x + self.feed_forward(self.norm2(x)), weights
        return self.norm2(x + self.feed_forward(x)), weights


# %% nbgrader={"grade_id": "encoder_classifier_answer"}
def run_through(blocks, x):
    """x after a stack of encoder blocks, and the weights of each."""
    weights = []
    for block in blocks:
        x, layer = block(x)
        weights.append(layer)
    return x, weights


class EncoderClassifier(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.p = config.patch_size
        per_side = config.image_size // self.p
        self.embedding = PatchEmbedding(per_side**2, config.channels * self.p**2, config.d)
        self.blocks = nn.ModuleList(EncoderBlock(config.d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.d) if config.pre_norm else nn.Identity()
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images):
        x, weights = run_through(self.blocks, self.embedding(patchify(images, self.p)))
        return self.head(torch.mean(self.norm(x), dim=-2)), weights


# %% nbgrader={"grade_id": "train_and_evaluate_answer"}
def train_epoch(model, loader, optimizer, device):
    model.train()
    losses, counts = [], []
    for images, labels in loader:
        model.zero_grad()
        logits, _ = model(images.to(device))
        loss = nn.CrossEntropyLoss()(logits, labels.to(device))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        counts.append(len(labels))
    return float(np.average(losses, weights=counts))


@torch.no_grad()
def evaluate(model, loader, device):
    was_training = model.training
    model.eval()
    right = []
    for images, labels in loader:
        logits, _ = model(images.to(device))
        right.append(logits.argmax(dim=1).cpu() == labels)
    model.train(was_training)
    return torch.cat(right).float().mean(dtype=torch.float64).item()


# %% nbgrader={"grade_id": "attention_rollout_answer"}
def attention_rollout(weights: list[torch.Tensor]) -> torch.Tensor:
    identity = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype)
    mixing = [0.5 * identity + 0.5 * layer.mean(dim=1) for layer in weights]
    rollout = mixing[0]
    for layer in mixing[1:]:
        rollout = torch.einsum("bnk,bkm->bnm", layer, rollout)
    return rollout


# %% nbgrader={"grade_id": "decoder_block_answer"}
class DecoderBlock(nn.Module):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(d, h)
        self.cross_attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.pre_norm = pre_norm

    def before(self, norm, x):
        return norm(x) if self.pre_norm else x

    def after(self, norm, x):
        return x if self.pre_norm else norm(x)

    def forward(self, x, memory, self_mask=None, memory_mask=None):
        y = self.before(self.norm1, x)
        own, self_weights = self.self_attention(y, y, y, self_mask)
        x = self.after(self.norm1, x + own)
        y = self.before(self.norm2, x)
        heard, cross_weights = self.cross_attention(y, memory, memory, memory_mask)
        x = self.after(self.norm2, x + heard)
        x = self.after(self.norm3, x + self.feed_forward(self.before(self.norm3, x)))
        return x, self_weights, cross_weights


# %% nbgrader={"grade_id": "encoder_decoder_classifier_answer"}
class EncoderDecoderClassifier(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.p = config.patch_size
        d, h, d_ff, pre_norm = config.d, config.h, config.d_ff, config.pre_norm
        self.embedding = PatchEmbedding((config.image_size // self.p) ** 2, config.channels * self.p**2, d)
        self.encoder = nn.ModuleList(EncoderBlock(d, h, d_ff, pre_norm) for _ in range(config.layers))
        self.encoder_norm = nn.LayerNorm(d) if pre_norm else nn.Identity()
        self.queries = nn.Parameter(torch.randn(config.classes, d))
        self.decoder = nn.ModuleList(DecoderBlock(d, h, d_ff, pre_norm) for _ in range(config.layers))
        self.decoder_norm = nn.LayerNorm(d) if pre_norm else nn.Identity()
        self.head = nn.Linear(d, 1)

    def forward(self, images):
        memory, encoder = run_through(self.encoder, self.embedding(patchify(images, self.p)))
        memory = self.encoder_norm(memory)
        x = self.queries.unsqueeze(0).repeat_interleave(images.shape[0], dim=0)
        decoder_self, decoder_cross = [], []
        for block in self.decoder:
            x, own, crossed = block(x, memory)
            decoder_self.append(own)
            decoder_cross.append(crossed)
        logits = self.head(self.decoder_norm(x)).flatten(1)
        return logits, {"encoder": encoder, "decoder_self": decoder_self, "decoder_cross": decoder_cross}


# %% nbgrader={"grade_id": "greedy_decode_answer"}
def greedy_decode(step_fn, start, stop, max_len):
    tokens = [start]
    for _ in range(max_len):
        token = int(step_fn(np.array(tokens)).argmax())
        tokens.append(token)
        if token == stop:
            return tokens
    return tokens
