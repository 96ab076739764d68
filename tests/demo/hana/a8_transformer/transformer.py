# One famous mistake: one attention and one norm do the work of two in the decoder block; cells of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

began = time.perf_counter()

# %% nbgrader={"grade_id": "patchify_answer"}
def patchify(images, p):
    B, C, H, W = images.shape
    if H % p or W % p:
        raise ValueError("H and W must be multiples of p")
    x = images.reshape(B, C, H // p, p, W // p, p).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(B, -1, C * p * p)


def unpatchify(patches, p, C, H, W):
    if H % p or W % p:
        raise ValueError("H and W must be multiples of p")
    x = patches.reshape(-1, H // p, W // p, C, p, p).permute(0, 3, 1, 4, 2, 5)
    return x.reshape(-1, C, H, W)


# %%
%timeit patchify(torch.zeros(2, 1, 8, 8), 2)
plt.imshow(torch.zeros(8, 8))

# %% nbgrader={"grade_id": "patch_embedding_answer"}
class PatchEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d):
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(0.02 * torch.randn(n_patches, d))

    def forward(self, patches):
        return self.positions + self.projection(patches)


# %% nbgrader={"grade_id": "feed_forward_answer"}
class FeedForward(nn.Module):
    def __init__(self, d, d_ff, dropout=0.0):
        super().__init__()
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.linear2(self.dropout(self.linear1(x).relu()))


# %% nbgrader={"grade_id": "attention_rollout_answer"}
def attention_rollout(weights):
    A = torch.stack([w.mean(1) for w in weights])
    A = (A + torch.eye(A.shape[-1]).to(A)) / 2
    rollout = A[0]
    for layer in A[1:]:
        rollout = layer @ rollout
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
        if self.pre_norm:
            y = self.norm1(x)
            out, self_weights = self.self_attention(y, y, y, self_mask)
            x = x + out
            out, cross_weights = self.self_attention(self.norm1(x), memory, memory, memory_mask)
            x = x + out
            return x + self.feed_forward(self.norm3(x)), self_weights, cross_weights
        out, self_weights = self.self_attention(x, x, x, self_mask)
        x = self.norm1(x + out)
        out, cross_weights = self.self_attention(x, memory, memory, memory_mask)
        x = self.norm1(x + out)
        return self.norm3(x + self.feed_forward(x)), self_weights, cross_weights


# %%
print(time.perf_counter() - began)
