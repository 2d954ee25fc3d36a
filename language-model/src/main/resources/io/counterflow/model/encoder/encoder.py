# The bidirectional encoder (BERT; Devlin and others, arXiv:1810.04805), as TorchScript; see decoder.py for how it is loaded.
#
# The weights come with every call, as one flat list:
#   0 token embedding, 1 position embedding, 2 segment embedding, 3 norm weight, 4 norm bias of the sum of these,
#   5 and 6 weight and bias of the head's dense layer, 7 and 8 those of its output,
#   then 16 tensors a layer, the first at 9 + 16 * layer, in pairs of weight and bias:
#     0 query, 2 key, 4 value, 6 attention output, 8 norm, 10 up, 12 down, 14 norm
#   Without a key projection, the query's gives query, key and value.
# An absent tensor is an empty one.
#
# Shapes: B rows, T tokens of the longest, N tokens of all rows together, H heads, D head size, W width, L labels.
# Tokens of all rows lie one after another, without padding, [N, W]; only attention spreads them over [B, T]. slots [N] says where
# each token lies in the flattened [B * T]; mask [B, 1, 1, T] is true where there is a token. Both are empty where all rows are
# equally long, so that nothing need be moved.

class Encoder(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  heads : int
  head_size : int
  epsilon : float
  activation : int        # 0 SiLU, 1 GELU (tanh), 2 GELU (erf), 3 ReLU
  tanh_head : bool        # non-linearity of the head: tanh, else ReLU
  dtype : int             # of matrix products in the layers: 6 float32, 15 bfloat16; all else is float32

  # In the type of products; costs nothing where that is float32.
  def typed(self, x: Tensor) -> Tensor:
    if self.dtype != 6:
      x = x.to(self.dtype)
    return x

  def linear(self, x: Tensor, ws: List[Tensor], at: int) -> Tensor:
    return torch.linear(x, self.typed(ws[at]), self.typed(ws[at + 1]))

  def norm(self, x: Tensor, ws: List[Tensor], at: int) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], ws[at], ws[at + 1], self.epsilon, False)

  def activate(self, x: Tensor) -> Tensor:
    if self.activation == 0:
      y = torch.silu(x)
    elif self.activation == 1:
      y = torch.gelu(x, approximate="tanh")
    elif self.activation == 2:
      y = torch.gelu(x)
    else:
      y = torch.relu(x)
    return y

  # x + y in float32. In place where the types allow: no product's gradient needs its result.
  def plus(self, y: Tensor, x: Tensor) -> Tensor:
    if self.dtype == 6:
      z = y.add_(x)
    else:
      z = x + y
    return z

  # Tokens [N, M] as heads [B, M / D, T, D].
  def spread(self, x: Tensor, slots: Tensor, b: int, t: int) -> Tensor:
    y = x
    if slots.numel() > 0:
      y = torch.zeros([b * t, x.size(1)], dtype=x.dtype, device=x.device).index_copy(0, slots, x)
    return y.view([b, t, -1, self.head_size]).transpose(1, 2)

  # The reverse: heads [B, H, T, D] as tokens [N, W].
  def gather(self, x: Tensor, slots: Tensor) -> Tensor:
    y = x.transpose(1, 2).reshape([x.size(0) * x.size(2), self.heads * self.head_size])
    if slots.numel() > 0:
      y = torch.index_select(y, 0, slots)
    return y

  # Attention [B, H, T, D] of queries to keys. Its way back is many small products, one a row and head, for each of which libtorch
  # sets up a bfloat16 primitive that costs more than the product in float32.
  def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    if self.dtype != 6 and q.requires_grad:
      q = q.to(6)
      k = k.to(6)
      v = v.to(6)
    if mask.numel() > 0:
      a = torch.scaled_dot_product_attention(q, k, v, mask)
    else:
      a = torch.scaled_dot_product_attention(q, k, v)
    return self.typed(a)

  # One layer over x [N, W]; where rows [B] chooses the first tokens, what leaves the layer is theirs alone, [B, W].
  def layer(self, x: Tensor, ws: List[Tensor], at: int, slots: Tensor, mask: Tensor, rows: Tensor, b: int,
      t: int) -> Tensor:
    h = self.typed(x)
    if ws[at + 2].numel() == 0:
      all = self.spread(self.linear(h, ws, at), slots, b, t)
      q = torch.narrow(all, 1, 0, self.heads)
      k = torch.narrow(all, 1, self.heads, self.heads)
      v = torch.narrow(all, 1, 2 * self.heads, self.heads)
      if rows.numel() > 0:
        q = torch.narrow(q, 2, 0, 1)
    else:
      k = self.spread(self.linear(h, ws, at + 2), slots, b, t)
      v = self.spread(self.linear(h, ws, at + 4), slots, b, t)
      if rows.numel() > 0:
        q = self.spread(self.linear(torch.index_select(h, 0, rows), ws, at), slots[0:0], b, 1)
      else:
        q = self.spread(self.linear(h, ws, at), slots, b, t)
    a = self.attend(q, k, v, mask)
    if rows.numel() > 0:
      y = self.gather(a, slots[0:0])
      x = torch.index_select(x, 0, rows)
    else:
      y = self.gather(a, slots)
    y = self.norm(self.plus(self.linear(y, ws, at + 6), x), ws, at + 8)
    z = self.linear(self.activate(self.linear(self.typed(y), ws, at + 10)), ws, at + 12)
    return self.norm(self.plus(z, y), ws, at + 14)

  # Normed sum of the embeddings, [N, W].
  def embed(self, ids: Tensor, segments: Tensor, positions: Tensor, ws: List[Tensor]) -> Tensor:
    x = torch.embedding(ws[0], ids) + torch.embedding(ws[1], positions)
    if ws[2].numel() > 0:
      x = x + torch.embedding(ws[2], segments)
    return self.norm(x, ws, 3)

  # What leaves the last layer, [N, W].
  def hidden(self, ids: Tensor, segments: Tensor, positions: Tensor, slots: Tensor, mask: Tensor, b: int, t: int,
      ws: List[Tensor]) -> Tensor:
    x = self.embed(ids, segments, positions, ws)
    for i in range(self.layers):
      x = self.layer(x, ws, 9 + 16 * i, slots, mask, slots[0:0], b, t)
    return x

  # Logits [B, L], read at the first tokens, rows [B]. The last layer computes no other token.
  def logits(self, ids: Tensor, segments: Tensor, positions: Tensor, slots: Tensor, mask: Tensor, rows: Tensor,
      t: int, ws: List[Tensor]) -> Tensor:
    x = self.embed(ids, segments, positions, ws)
    b = rows.size(0)
    for i in range(self.layers - 1):
      x = self.layer(x, ws, 9 + 16 * i, slots, mask, slots[0:0], b, t)
    x = self.layer(x, ws, 9 + 16 * (self.layers - 1), slots, mask, rows, b, t)
    h = torch.linear(x, ws[5], ws[6])
    if self.tanh_head:
      h = torch.tanh(h)
    else:
      h = torch.relu(h)
    return torch.linear(h, ws[7], ws[8])

  # The weights with fewer and larger products, for a model that is not trained: one projection for query, key and value.
  def fuse(self, ws: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(len(ws)):
      result.append(ws[i])
    none = ws[0].view([-1])[0:0]
    for i in range(self.layers):
      at = 9 + 16 * i
      result[at] = torch.cat([ws[at], ws[at + 2], ws[at + 4]])
      result[at + 1] = torch.cat([ws[at + 1], ws[at + 3], ws[at + 5]])
      for empty in [2, 3, 4, 5]:
        result[at + empty] = none
    return result

  # The weights in the type of products, for a model that is not trained: those of the layers, norms apart.
  def cast(self, ws: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(len(ws)):
      w = ws[i]
      place = (i - 9) % 16 // 2
      if i >= 9 and place != 4 and place != 7:
        w = w.to(self.dtype)
      result.append(w)
    return result
