# Half done: patches without a permutation, softmax in the model, gradients that add up, no eval()

# %% nbgrader={"grade_id": "patchify_answer"}
def patchify(images, p):
    B, C, H, W = images.shape
    if H % p or W % p:
        raise ValueError("not divisible")
    return images.view(B, (H // p) * (W // p), C * p * p)


def unpatchify(patches, p, C, H, W):
    if H % p or W % p:
        raise ValueError("not divisible")
    return patches.view(-1, C, H, W)


# %% nbgrader={"grade_id": "patch_embedding_answer"}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d):
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(torch.randn(n_patches, d))

    def forward(self, patches):
        return self.projection(patches) + self.positions


# %% nbgrader={"grade_id": "feed_forward_answer"}
class FeedForward(nn.Module):
    def __init__(self, d, d_ff, dropout=0.0):
        super().__init__()
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.linear2(self.dropout(torch.relu(self.linear1(x))))


# %% nbgrader={"grade_id": "encoder_block_answer"}
class EncoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)

    def forward(self, x, mask=None):
        y = self.norm1(x)
        out, weights = self.attention(y, y, y, mask)
        x = x + out
        return x + self.feed_forward(self.norm2(x)), weights


# %% nbgrader={"grade_id": "encoder_classifier_answer"}
class EncoderClassifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.p = config.patch_size
        self.embedding = PatchEmbedding((config.image_size // self.p) ** 2, config.channels * self.p**2, config.d)
        self.blocks = [EncoderBlock(config.d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)]
        self.norm = nn.LayerNorm(config.d)
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images):
        x = self.embedding(patchify(images, self.p))
        weights = []
        for block in self.blocks:
            x, w = block(x)
            weights.append(w)
        return torch.softmax(self.head(self.norm(x).mean(dim=1)), dim=1), weights


# %% nbgrader={"grade_id": "train_and_evaluate_answer"}
def train_epoch(model, loader, optimizer, device):
    model.train()
    total = 0
    for images, labels in loader:
        logits, _ = model(images.to(device))
        loss = functional.cross_entropy(logits, labels.to(device))
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def evaluate(model, loader, device):
    right = total = 0
    for images, labels in loader:
        logits, _ = model(images.to(device))
        right += (logits.argmax(dim=1) == labels.to(device)).sum().item()
        total += len(labels)
    return right / total


# %% nbgrader={"grade_id": "greedy_decode_answer"}
def greedy_decode(step_fn, start, stop, max_len):
    tokens = [start]
    while tokens[-1] != stop and len(tokens) < max_len:
        tokens.append(int(np.argmax(step_fn(np.array(tokens)))))
    return tokens
