# Broken: one cell does not parse, one never ends, two are right

# %% nbgrader={"grade_id": "patchify_answer"}
def patchify(images, p):
    B, C, H, W = images.shape
    if H % p or W % p:
        raise ValueError("no")
    return functional.unfold(images, p, stride=p).mT


def unpatchify(patches, p, C, H, W):
    if H % p or W % p:
        raise ValueError("no")
    return functional.fold(patches.mT, (H, W), p, stride=p)


# %% nbgrader={"grade_id": "patch_embedding_answer"}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d)
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)

# %% nbgrader={"grade_id": "feed_forward_answer"}
loss = 1.0
while loss > 0:
    loss = loss / 2 + 1

# %% nbgrader={"grade_id": "encoder_block_answer"}
class EncoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.norm1 = nn.LayerNorm(d)

    def forward(self, x, mask=None):
        return x + self.attention(self.norm1(x), mask)


# %% nbgrader={"grade_id": "attention_rollout_answer"}
def attention_rollout(weights):
    eye = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype)
    rollout = eye
    for w in weights:
        rollout = (w.mean(dim=1) + eye) / 2 @ rollout
    return rollout
