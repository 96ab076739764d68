# Right, in a style of its own, but for one slip: the mean loss is that of the batches, not of the samples

# %% nbgrader={"grade_id": "patchify_answer"}
def patchify(images, p):
    rows, columns = images.shape[2] / p, images.shape[3] / p
    if rows != int(rows) or columns != int(columns):
        raise ValueError("patches must fit")
    strips = [strip.split(p, dim=3) for strip in images.split(p, dim=2)]
    return torch.stack([patch.flatten(1) for strip in strips for patch in strip], dim=1)


def unpatchify(patches, p, C, H, W):
    if H % p + W % p:
        raise ValueError("patches must fit")
    each = [patch.reshape(-1, C, p, p) for patch in patches.unbind(1)]
    per_row = W // p
    strips = [torch.cat(each[n : n + per_row], dim=3) for n in range(0, len(each), per_row)]
    return torch.cat(strips, dim=2)


# %% nbgrader={"grade_id": "patch_embedding_answer"}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d):
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(torch.rand(n_patches, d) / 10)

    def forward(self, patches):
        return torch.stack([self.projection(image) for image in patches]) + self.positions


# %% nbgrader={"grade_id": "feed_forward_answer"}
class FeedForward(nn.Module):
    def __init__(self, d, d_ff, dropout=0.0):
        super().__init__()
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.p = dropout

    def forward(self, x):
        hidden = self.linear1(x)
        hidden = hidden * (hidden > 0)
        return self.linear2(functional.dropout(hidden, self.p, self.training))


# %% nbgrader={"grade_id": "encoder_block_answer"}
class EncoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)
        self.forward = self.pre if pre_norm else self.post

    def pre(self, x, mask=None):
        y = self.norm1(x)
        out, weights = self.attention(y, y, y, mask)
        x = x + out
        return x + self.feed_forward(self.norm2(x)), weights

    def post(self, x, mask=None):
        out, weights = self.attention(x, x, x, mask)
        x = self.norm1(out + x)
        return self.norm2(self.feed_forward(x) + x), weights


# %% nbgrader={"grade_id": "encoder_classifier_answer"}
class EncoderClassifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c = config
        patches = (config.image_size // config.patch_size) ** 2
        self.embedding = PatchEmbedding(patches, config.channels * config.patch_size**2, config.d)
        self.blocks = nn.ModuleList([])
        for _ in range(config.layers):
            self.blocks.append(EncoderBlock(config.d, config.h, config.d_ff, config.pre_norm))
        self.norm = [nn.Identity(), nn.LayerNorm(config.d)][config.pre_norm]
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images):
        state = [self.embedding(patchify(images, self.c.patch_size))]
        weights = []
        for block in self.blocks:
            x, w = block(state[-1])
            state.append(x)
            weights.append(w)
        return self.head(self.norm(state[-1]).mean(1)), weights


# %% nbgrader={"grade_id": "train_and_evaluate_answer"}
def train_epoch(model, loader, optimizer, device):
    losses = []
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images.to(device))[0], labels.to(device))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def evaluate(model, loader, device):
    mode, right, n = model.training, 0, 0
    model.eval()
    for images, labels in loader:
        with torch.no_grad():
            guess = model(images.to(device))[0].max(1)[1]
        right, n = right + int((guess == labels.to(device)).sum()), n + len(labels)
    model.train(mode)
    return right / n


# %% nbgrader={"grade_id": "attention_rollout_answer"}
def attention_rollout(weights):
    rollout = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype)
    for A in weights:
        rollout = (A.mean(1) @ rollout + rollout) / 2  # (A + I)/2 · R
    return rollout


# %% nbgrader={"grade_id": "decoder_block_answer"}
class DecoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.self_attention = MultiHeadAttention(d, h)
        self.cross_attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)
        self.norm3 = nn.LayerNorm(d)
        self.pre_norm = pre_norm

    def forward(self, x, memory, self_mask=None, memory_mask=None):
        pre = lambda norm, y: norm(y) if self.pre_norm else y
        post = lambda norm, y: y if self.pre_norm else norm(y)
        y = pre(self.norm1, x)
        out, own = self.self_attention(y, y, y, self_mask)
        x = post(self.norm1, x + out)
        out, cross = self.cross_attention(pre(self.norm2, x), memory, memory, memory_mask)
        x = post(self.norm2, x + out)
        return post(self.norm3, x + self.feed_forward(pre(self.norm3, x))), own, cross


# %% nbgrader={"grade_id": "encoder_decoder_classifier_answer"}
class EncoderDecoderClassifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c = c = config
        self.embedding = PatchEmbedding((c.image_size // c.patch_size) ** 2, c.channels * c.patch_size**2, c.d)
        self.encoder = nn.ModuleList([EncoderBlock(c.d, c.h, c.d_ff, c.pre_norm) for _ in range(c.layers)])
        self.decoder = nn.ModuleList([DecoderBlock(c.d, c.h, c.d_ff, c.pre_norm) for _ in range(c.layers)])
        self.encoder_norm = [nn.Identity(), nn.LayerNorm(c.d)][c.pre_norm]
        self.decoder_norm = [nn.Identity(), nn.LayerNorm(c.d)][c.pre_norm]
        self.queries = nn.Parameter(torch.rand(c.classes, c.d) - 0.5)
        self.head = nn.Linear(c.d, 1)

    def forward(self, images):
        seen = {"encoder": [], "decoder_self": [], "decoder_cross": []}
        x = self.embedding(patchify(images, self.c.patch_size))
        for block in self.encoder:
            x, w = block(x)
            seen["encoder"].append(w)
        x, memory = self.queries.expand(len(images), *self.queries.shape), self.encoder_norm(x)
        for block in self.decoder:
            x, own, cross = block(x, memory)
            seen["decoder_self"].append(own)
            seen["decoder_cross"].append(cross)
        return self.head(self.decoder_norm(x))[:, :, 0], seen


# %% nbgrader={"grade_id": "greedy_decode_answer"}
def greedy_decode(step_fn, start, stop, max_len):
    out = []
    while len(out) < max_len and stop not in out:
        scores = step_fn(np.array([start, *out]))
        out.append(min(range(len(scores)), key=lambda k: -scores[k]))
    return [start, *out]
