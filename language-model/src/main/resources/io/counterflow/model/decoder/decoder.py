# The decoder, as TorchScript. ScriptArchive packs it, libtorch compiles it when the archive is loaded; no Python takes part.
#
# The weights come with every call, as one flat list:
#   0 token embedding, 1 position embedding, 2 final norm weight, 3 final norm bias, 4 head, 5 epsilon of the norms,
#   then 41 tensors a layer, the first at 6 + 41 * layer:
#     0 norm weight, 1 norm bias, 2 query, 7 key, 12 value, 17 query norm, 18 key norm, 19 output,
#     24 norm weight, 25 norm bias, 26 gate, 31 up, 36 down
#   Without a key projection, the query's gives query, key and value; without a gate, that of a gated MLP's up gives both.
#   where a projection is five tensors: weight, bias, adapter A, adapter B, adapter scale. Without a scale, B has it in itself.
# An absent tensor is an empty one.
#
# Shapes: B rows, T tokens, H heads, G key-value heads, D head size, W width, V vocabulary, N chosen tokens, S cache slots.
# Rows of unequal length are padded on the right (pad is empty; causal attention never looks there), or on the left, where
# pad [B] counts the padding of each row. In a row may stand several completions of one prompt, side by side behind it: then
# places [2, B, T] has the position of each token and the completion that it belongs to, 0 for the prompt, -1 for padding.
# Where each row is one sequence, places is empty.

class Decoder(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  heads : int
  key_value_heads : int
  head_size : int
  windows : List[int]     # by layer: how many tokens back a token sees, itself included; 0 for all
  scales : List[float]    # by layer: what products of query and key are multiplied with
  epsilon : float
  rms_norm : bool         # else layer norm
  rotary : bool           # else learned positions
  transposed : bool       # GPT-2: weights of projections are stored [in, out]
  gated : bool            # SwiGLU, else a plain MLP
  activation : int        # 0 SiLU, 1 GELU (tanh), 2 GELU (erf), 3 ReLU
  padding : int           # token whose embedding takes no gradient from the input, as in torch.nn.Embedding; -1 for none
  dtype : int             # of matrix products and activations: 6 float32, 15 bfloat16

  # In the type of products; costs nothing where that is float32.
  def typed(self, x: Tensor) -> Tensor:
    if self.dtype != 6:
      x = x.to(self.dtype)
    return x

  # x / sqrt(mean(x^2) + epsilon) * weight. By way of the vector norm, whose backward pass reads x once; libtorch's own
  # rms_norm is made of powers and means that read and write it several times.
  def rms(self, x: Tensor, weight: Tensor, epsilon: Tensor) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True)
    y = x * torch.rsqrt(torch.addcmul(epsilon, length, length, value=1. / x.size(-1)))
    if weight.numel() > 0:
      y = y * weight
    return y

  # The norm whose weight and bias are at ws[at] and ws[at + 1].
  def norm(self, x: Tensor, ws: List[Tensor], at: int) -> Tensor:
    if self.rms_norm:
      y = self.rms(x, ws[at], ws[5])
    else:
      y = torch.layer_norm(x, [x.size(-1)], ws[at], ws[at + 1], self.epsilon, False)
    return self.typed(y)

  # x W^T + b, and with an adapter + scale * dropout(x) A^T B^T.
  def project(self, x: Tensor, ws: List[Tensor], at: int, dropout: float) -> Tensor:
    weight = self.typed(ws[at])
    if self.transposed:
      weight = weight.t()
    if ws[at + 1].numel() > 0:
      y = torch.linear(x, weight, self.typed(ws[at + 1]))
    else:
      y = torch.linear(x, weight)
    if ws[at + 2].numel() > 0:
      z = x
      if dropout > 0.:
        z = torch.dropout(x, dropout, True)
      low = torch.linear(z, self.typed(ws[at + 2]))
      z = torch.linear(low, self.typed(ws[at + 3]))
      if ws[at + 4].numel() > 0:
        z = z * self.typed(ws[at + 4])
      y = y + z
    return y

  # Rotates the pairs (j, j + D/2). The first half of the sines is stored negated, so that a roll does for swap and sign.
  def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return (x * cos).addcmul_(torch.roll(x, [x.size(-1) // 2], [-1]), sin)

  # Query [B, H, T, D], key and value [B, G, T, D] of the normed hidden states h [B, T, W]. Where there is no projection for
  # keys, that for queries gives all three.
  def query_key_value(self, h: Tensor, ws: List[Tensor], at: int, cos: Tensor, sin: Tensor,
      dropout: float) -> Tuple[Tensor, Tensor, Tensor]:
    b = h.size(0)
    t = h.size(1)
    turned = not self.rotary
    if ws[at + 7].numel() == 0:
      n = self.heads + self.key_value_heads
      all = self.project(h, ws, at + 2, dropout).view([b, t, n + self.key_value_heads, self.head_size]).transpose(1, 2)
      both = torch.narrow(all, 1, 0, n)
      if self.rotary and ws[at + 17].numel() == 0:
        both = self.rotate(both, cos, sin)
        turned = True
      q = torch.narrow(both, 1, 0, self.heads)
      k = torch.narrow(both, 1, self.heads, self.key_value_heads)
      v = torch.narrow(all, 1, n, self.key_value_heads)
    else:
      q = self.project(h, ws, at + 2, dropout).view([b, t, self.heads, self.head_size]).transpose(1, 2)
      k = self.project(h, ws, at + 7, dropout).view([b, t, self.key_value_heads, self.head_size]).transpose(1, 2)
      v = self.project(h, ws, at + 12, dropout).view([b, t, self.key_value_heads, self.head_size]).transpose(1, 2)
    if ws[at + 17].numel() > 0:
      q = self.rms(q, ws[at + 17], ws[5])
      k = self.rms(k, ws[at + 18], ws[5])
    if not turned:
      q = self.rotate(q, cos, sin)
      k = self.rotate(k, cos, sin)
    return (self.typed(q), self.typed(k), v)

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

  # The residual stream x, in float32, plus y. In place where the types allow: no product's gradient needs its result.
  def plus(self, y: Tensor, x: Tensor) -> Tensor:
    if self.dtype == 6:
      z = y.add_(x)
    else:
      z = x + y
    return z

  # What follows attention a [B, H, T, D]: its projection, the MLP, and both residuals.
  def complete(self, x: Tensor, a: Tensor, ws: List[Tensor], at: int, dropout: float) -> Tensor:
    flat = a.transpose(1, 2).reshape([x.size(0), x.size(1), self.heads * self.head_size])
    y = self.plus(self.project(flat, ws, at + 19, dropout), x)
    h = self.norm(y, ws, at + 24)
    up = self.project(h, ws, at + 31, dropout)
    if not self.gated:
      up = self.activate(up)
    elif ws[at + 26].numel() == 0:
      gate, up = torch.chunk(up, 2, -1)
      up = self.activate(gate) * up
    else:
      up = self.activate(self.project(h, ws, at + 26, dropout)) * up
    return self.plus(self.project(up, ws, at + 36, dropout), y)

  # Which keys each query sees, [T, T] or [B, 1, T, T]. Padding sees itself, so that no row of the softmax is empty.
  def visible(self, ids: Tensor, pad: Tensor, window: int) -> Tensor:
    t = ids.size(1)
    square = torch.ones([t, t], dtype=11, device=ids.device)
    mask = torch.tril(square)
    if window > 0:
      mask = torch.logical_and(mask, torch.triu(square, 1 - window))
    if pad.numel() > 0:
      real = torch.arange(t, device=ids.device).unsqueeze(0) >= pad.unsqueeze(1)
      itself = torch.logical_and(mask, torch.triu(square))
      mask = torch.logical_or(torch.logical_and(mask, real.view([-1, 1, 1, t])), itself)
    return mask

  # What is added to the scores so that each query sees the prompt and its own completion as far as itself, [B, 1, T, T]. Not minus
  # infinity: where a block of keys is hidden as a whole, fused attention must not subtract infinities.
  def branches(self, places: Tensor, window: int) -> Tensor:
    position = places[0]
    owner = places[1].unsqueeze(1)
    seen = torch.logical_or(owner == 0, owner == places[1].unsqueeze(2)).tril_()
    if window > 0:
      seen = torch.logical_and(seen, position.unsqueeze(2) - position.unsqueeze(1) < window)
    hidden = torch.logical_not(seen).to(self.dtype)
    return hidden.mul_(-1.e9).unsqueeze(1)

  # Positions of the tokens in slots first to first + t - 1: [t], or [B, t] for rows padded on the left.
  def positions(self, pad: Tensor, first: int, t: int) -> Tensor:
    p = torch.arange(first, first + t, device=pad.device)
    if pad.numel() > 0:
      p = torch.clamp_min(p.unsqueeze(0) - pad.unsqueeze(1), 0)
    return p

  # Cosines or sines of these positions: [T, D] or [B, 1, T, D].
  def angles(self, table: Tensor, positions: Tensor) -> Tensor:
    y = table
    if self.rotary:
      y = torch.embedding(table, positions)
      if positions.dim() == 2:
        y = y.unsqueeze(1)
    return y

  def embed(self, ids: Tensor, positions: Tensor, ws: List[Tensor]) -> Tensor:
    x = torch.embedding(ws[0], ids, self.padding)
    if not self.rotary:
      x = x + torch.embedding(ws[1], positions)
    return x

  # One layer over whole sequences x [B, T, W]; mask as of mask(), or empty for causal attention.
  def layer(self, x: Tensor, ws: List[Tensor], at: int, cos: Tensor, sin: Tensor, mask: Tensor,
      scale: float, dropout: float) -> Tuple[Tensor, Tensor, Tensor]:
    q, k, v = self.query_key_value(self.norm(x, ws, at), ws, at, cos, sin, dropout)
    group = self.heads // self.key_value_heads
    keys = k
    values = v
    if group > 1:
      keys = torch.repeat_interleave(k, group, 1)
      values = torch.repeat_interleave(v, group, 1)
    if mask.numel() > 0:
      a = torch.scaled_dot_product_attention(q, keys, values, mask, scale=scale)
    else:
      a = torch.scaled_dot_product_attention(q, keys, values, None, 0., True, scale=scale)
    return (self.complete(x, a, ws, at, dropout), k, v)

  # Mask of a layer with this window; empty where causal attention says it all.
  def mask(self, ids: Tensor, pad: Tensor, places: Tensor, window: int) -> Tensor:
    y = pad[0:0]
    if places.numel() > 0:
      y = self.branches(places, window)
    elif pad.numel() > 0 or (window > 0 and ids.size(1) > window):
      y = self.visible(ids, pad, window)
    return y

  # Positions of whole sequences: [T], or [B, T].
  def all_positions(self, ids: Tensor, pad: Tensor, places: Tensor) -> Tensor:
    if places.numel() > 0:
      y = places[0]
    else:
      y = self.positions(pad, 0, ids.size(1))
    return y

  # What leaves the last layer [B, T, W], and with `keep` key and value of every layer.
  def hidden(self, ids: Tensor, pad: Tensor, places: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor],
      dropout: float, keep: bool) -> Tuple[Tensor, List[Tensor]]:
    positions = self.all_positions(ids, pad, places)
    cos = self.angles(cosines, positions)
    sin = self.angles(sines, positions)
    window = self.windows[0]
    mask = self.mask(ids, pad, places, window)
    x = self.embed(ids, positions, ws)
    cache = annotate(List[Tensor], [])
    for i in range(self.layers):
      if self.windows[i] != window:
        window = self.windows[i]
        mask = self.mask(ids, pad, places, window)
      x, k, v = self.layer(x, ws, 6 + 41 * i, cos, sin, mask, self.scales[i], dropout)
      if keep:
        cache.append(k)
        cache.append(v)
    return (x, cache)

  # Logits [N, V] of normed states h [N, W].
  def head(self, h: Tensor, ws: List[Tensor]) -> Tensor:
    return torch.linear(h, self.typed(ws[4]))

  # Normed states [N, W] of chosen tokens out of x [B, T, W]; rows [N] index the flattened [B * T].
  def chosen(self, x: Tensor, ws: List[Tensor], rows: Tensor) -> Tensor:
    return self.norm(torch.index_select(x.reshape([-1, x.size(-1)]), 0, rows), ws, 2)

  # Logits [N, V] of chosen tokens.
  def logits(self, ids: Tensor, places: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor], rows: Tensor,
      dropout: float) -> Tensor:
    x, cache = self.hidden(ids, ids.view([-1])[0:0], places, cosines, sines, ws, dropout, False)
    return self.head(self.chosen(x, ws, rows), ws)

  # The three parts of logits(), for a caller that keeps only what enters each layer and computes the rest again on the way
  # back: embed_all, then layer_at for each layer, then head_of.
  def embed_all(self, ids: Tensor, places: Tensor, ws: List[Tensor]) -> Tensor:
    return self.embed(ids, self.all_positions(ids, ids.view([-1])[0:0], places), ws)

  def layer_at(self, x: Tensor, i: int, ids: Tensor, places: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor],
      dropout: float) -> Tensor:
    pad = ids.view([-1])[0:0]
    positions = self.all_positions(ids, pad, places)
    mask = self.mask(ids, pad, places, self.windows[i])
    y, k, v = self.layer(x, ws, 6 + 41 * i, self.angles(cosines, positions), self.angles(sines, positions), mask,
        self.scales[i], dropout)
    return y

  def head_of(self, x: Tensor, ws: List[Tensor], rows: Tensor) -> Tensor:
    return self.head(self.chosen(x, ws, rows), ws)

  # Logits in float32, for reading.
  def readable_logits(self, ids: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor], rows: Tensor) -> Tensor:
    return self.logits(ids, ids.view([-1])[0:0], cosines, sines, ws, rows, 0.).to(6)

  # ln p of each target, and the logarithm of each normaliser, [2, N], from logits [N, V]; a block at a time. Float32 logits
  # become ln p in their place, and their normaliser 0.
  def log_probabilities(self, logits: Tensor, targets: Tensor, block: int) -> Tensor:
    plain = logits.detach()
    parts = annotate(List[Tensor], [])
    at = 0
    while at < plain.size(0):
      some = plain[at:at + block]
      target = targets[at:at + block].unsqueeze(1)
      if self.dtype == 6:
        some.copy_(torch.log_softmax(some, -1))
        value = torch.gather(some, 1, target).squeeze(1)
        normaliser = torch.zeros_like(value)
      else:
        exact = some.to(6)
        normaliser = torch.logsumexp(exact, [1])
        value = torch.gather(exact, 1, target).squeeze(1) - normaliser
      parts.append(torch.stack([value, normaliser]))
      at = at + block
    return torch.cat(parts, 1)

  # ln p of each target, [N], with no gradient and never more logits in memory than those of so many tokens.
  def target_log_probabilities(self, ids: Tensor, places: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor],
      rows: Tensor, targets: Tensor, at_once: int, block: int) -> Tensor:
    x, cache = self.hidden(ids, ids.view([-1])[0:0], places, cosines, sines, ws, 0., False)
    h = self.chosen(x, ws, rows)
    parts = annotate(List[Tensor], [])
    at = 0
    while at < h.size(0):
      some = self.head(h[at:at + at_once], ws)
      parts.append(self.log_probabilities(some, targets[at:at + at_once], block)[0])
      at = at + at_once
    return torch.cat(parts)

  # Turns what log_probabilities() left of the logits [N, V], in place, into d loss / d logits = g (1[v = target] - p_v), where
  # g [N] is d loss / d ln p(target); values is what it gave. The graph does not need the logits again (a matrix product needs
  # only its inputs): one buffer does for both ways.
  def to_gradient(self, logits: Tensor, targets: Tensor, values: Tensor, upstream: Tensor, block: int) -> Tensor:
    plain = logits.detach()
    at = 0
    while at < plain.size(0):
      some = plain[at:at + block]
      target = targets[at:at + block].unsqueeze(1)
      g = upstream[at:at + block].unsqueeze(1)
      if self.dtype == 6:
        some.exp_().mul_(-g).scatter_add_(1, target, g)
      else:
        p = (some.to(6) - values[1][at:at + block].unsqueeze(1)).exp_()
        some.copy_(p.mul_(-g).scatter_add_(1, target, g))
      at = at + block
    return plain

  # The gradient of scores, as the type of the logits.
  def as_type(self, values: Tensor, like: Tensor) -> Tensor:
    return values.view(like.size()).to(like.dtype)

  # Runs the prompts ids [B, T], padded on the left, and gives the logits [B, V] after each, then the cache of all layers
  # [2 L, B, G, S, D], keys and values in turn, with as many slots as asked for; rows [R] says which prompt each row of the result
  # is of.
  def prefill(self, ids: Tensor, pad: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor], rows: Tensor,
      slots: int) -> List[Tensor]:
    x, filled = self.hidden(ids, pad, rows[0:0], cosines, sines, ws, 0., True)
    h = self.norm(x[:, -1], ws, 2)
    first = filled[0]
    cache = torch.zeros([len(filled), rows.size(0), first.size(1), slots, first.size(3)], dtype=first.dtype, device=first.device)
    for i in range(len(filled)):
      cache[i, :, :, 0:first.size(2)].copy_(torch.index_select(filled[i], 0, rows))
    return [torch.index_select(self.head(h, ws), 0, rows), cache]

  # What products with one token a row take, 16 tensors a layer: weight, bias, A and B, matrices as multiply() takes them, of query, key
  # and value; output; gate and up; down. None where weights are not arranged: then decode() takes them as they are.
  def products(self, ws: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    plain = ws[4].dtype == self.dtype
    for i in range(self.layers):
      w = 6 + 41 * i
      plain = plain and ws[w + 7].numel() == 0
      for at in [2, 19, 31, 36]:
        weight = ws[w + at]
        plain = plain and (ws[w + at + 2].numel() == 0 or ws[w + at + 4].numel() == 0)
        a = ws[w + at + 2]
        b = ws[w + at + 3]
        if self.transposed:
          weight = weight.t()
        if self.dtype == 6:
          weight = weight.t()
          if a.numel() > 0:
            a = a.t()
            b = b.t()
        result.append(weight)
        result.append(self.typed(ws[w + at + 1]))
        result.append(a)
        result.append(b)
    if not plain:
      result = annotate(List[Tensor], [])
    return result

  # The projection at `at` of x [B, W], or the product at p where there are products.
  def project_one(self, x: Tensor, ws: List[Tensor], at: int, ps: List[Tensor], p: int) -> Tensor:
    if len(ps) == 0:
      y = self.project(x, ws, at, 0.)
    elif self.dtype != 6:
      y = self.multiply(x, ps[p])
      if ps[p + 1].numel() > 0:
        y = y + ps[p + 1]
      if ps[p + 2].numel() > 0:
        y = y + self.multiply(self.multiply(x, ps[p + 2]), ps[p + 3])
    else:
      if ps[p + 1].numel() > 0:
        y = torch.addmm(ps[p + 1], x, ps[p])
      else:
        y = torch.mm(x, ps[p])
      if ps[p + 2].numel() > 0:
        y = torch.addmm(y, torch.mm(x, ps[p + 2]), ps[p + 3])
    return y

  # x W^T in bfloat16, for few rows x [B, in]. On a CPU the weight [out, in] had better come first: for one row there is a product
  # of matrix and vector made for this type, which torch.linear does not take.
  def multiply(self, x: Tensor, weight: Tensor) -> Tensor:
    if x.is_cuda:
      y = torch.linear(x, weight)
    elif x.size(0) == 1:
      y = torch.mv(weight, x.view([-1])).unsqueeze(0)
    else:
      y = torch.mm(weight, x.t()).t().contiguous()
    return y

  # Feeds one token a row into slot `at` of the cache; gives logits [B, V]. For small models time goes with the number of
  # operations, not with their size: what serves several layers is made once, and few things are done by calls.
  def decode(self, tokens: Tensor, at: int, pad: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor], ps: List[Tensor],
      cache: Tensor) -> Tensor:
    b = tokens.size(0)
    g = self.key_value_heads
    d = self.head_size
    n = self.heads + g
    end = at + 1
    x = torch.embedding(ws[0], tokens)
    cos = cosines
    sin = sines
    real = pad
    if pad.numel() > 0:
      positions = torch.clamp_min(at - pad, 0)
      real = (torch.arange(end, device=pad.device).unsqueeze(0) >= pad.unsqueeze(1)).view([b, 1, 1, end])
      if self.rotary:
        cos = torch.embedding(cosines, positions).unsqueeze(1)
        sin = torch.embedding(sines, positions).unsqueeze(1)
      else:
        x = x + torch.embedding(ws[1], positions)
    elif self.rotary:
      cos = torch.narrow(cosines, 0, at, 1)
      sin = torch.narrow(sines, 0, at, 1)
    else:
      x = x + torch.narrow(ws[1], 0, at, 1)
    slots = torch.unbind(torch.select(cache, 3, at))
    filled = torch.unbind(torch.narrow(cache, 3, 0, end))
    for i in range(self.layers):
      w = 6 + 41 * i
      p = 16 * i
      h = self.norm(x, ws, w)
      all = self.project_one(h, ws, w + 2, ps, p)
      if ws[w + 7].numel() > 0:
        all = torch.cat([all, self.project(h, ws, w + 7, 0.), self.project(h, ws, w + 12, 0.)], 1)
      both, v = torch.split(all.view([b, n + g, d]), [n, g], 1)
      if ws[w + 17].numel() > 0:
        q, k = torch.split(both, [self.heads, g], 1)
        both = torch.cat([self.rms(q, ws[w + 17], ws[5]), self.rms(k, ws[w + 18], ws[5])], 1)
      if self.rotary:
        both = (both * cos).addcmul_(torch.roll(both, [d // 2], [2]), sin)
      q, k = torch.split(both, [self.heads, g], 1)
      slots[2 * i].copy_(k)
      slots[2 * i + 1].copy_(v)
      keys = filled[2 * i]
      values = filled[2 * i + 1]
      seen = real
      window = self.windows[i]
      if window > 0 and window < end:
        keys = torch.narrow(keys, 2, end - window, window)
        values = torch.narrow(values, 2, end - window, window)
        if pad.numel() > 0:
          seen = torch.narrow(real, 3, end - window, window)
      # One query sees every key, so that the heads of a group can stand as queries of their shared key-value head.
      q = self.typed(q).view([b, g, -1, d])
      if pad.numel() > 0:
        a = torch.scaled_dot_product_attention(q, keys, values, seen, scale=self.scales[i])
      else:
        a = torch.scaled_dot_product_attention(q, keys, values, scale=self.scales[i])
      y = self.plus(self.project_one(a.reshape([b, -1]), ws, w + 19, ps, p + 4), x)
      h = self.norm(y, ws, w + 24)
      up = self.project_one(h, ws, w + 31, ps, p + 8)
      if not self.gated:
        up = self.activate(up)
      elif ws[w + 26].numel() == 0:
        gate, up = torch.chunk(up, 2, 1)
        up = self.activate(gate) * up
      else:
        up = self.activate(self.project(h, ws, w + 26, 0.)) * up
      x = self.plus(self.project_one(up, ws, w + 36, ps, p + 12), y)
    h = self.norm(x, ws, 2)
    if self.dtype == 6 or ws[4].dtype != self.dtype:
      y = self.head(h, ws)
    else:
      y = self.multiply(h, ws[4])
    return y

  # Draws a token a row from logits [B, V] by inverting the distribution function at draws [B]; tokens [B] takes the choice.
  # Gives the tokens and their ln p at temperature 1 without truncation, [2, B].
  def choose(self, logits: Tensor, tokens: Tensor, draws: Tensor, seen: Tensor, temperature: float, top_k: int,
      top_p: float, repetition_penalty: float) -> Tensor:
    plain = logits.to(6)
    scores = plain
    if seen.numel() > 0:
      scores = torch.where(seen, torch.where(scores > 0, scores / repetition_penalty, scores * repetition_penalty), scores)
    if temperature == 0.:
      choice = torch.argmax(scores, -1)
    else:
      order = tokens[0:0]
      v = scores.size(-1)
      if top_k > 0 and top_k < v:
        scores, order = torch.topk(scores, top_k, -1, True, True)
      elif top_p < 1.:
        scores, order = torch.sort(scores, -1, True)
      if temperature != 1.:
        scores = scores / temperature
      p = torch.softmax(scores, -1)
      # Sums in float64: in float32 what many small probabilities add would be lost.
      if top_p < 1.:
        # Keeps a token while those before it hold less than top_p; the first always stays.
        p = torch.where(torch.cumsum(p, -1, dtype=7) - p < top_p, p, torch.zeros_like(p))
      total = torch.cumsum(p, -1, dtype=7)
      point = draws.unsqueeze(1) * total[:, -1:]
      choice = torch.clamp_max(torch.searchsorted(total, point, right=True), p.size(-1) - 1)
      if order.numel() > 0:
        choice = torch.gather(order, 1, choice)
      choice = choice.squeeze(1)
    tokens.copy_(choice)
    if seen.numel() > 0:
      seen.scatter_(1, choice.unsqueeze(1), True)
    value = torch.gather(torch.log_softmax(plain, -1), 1, choice.unsqueeze(1)).squeeze(1)
    return torch.stack([choice.to(7), value.to(7)])

  # decode() and choose(), as many times as there are draws [N, B], or until a quarter of the rows have drawn one of the tokens
  # that end them; done [B] says which rows had ended before. Gives [n, 2, B], n being the steps done.
  def steps(self, tokens: Tensor, at: int, pad: Tensor, cosines: Tensor, sines: Tensor, ws: List[Tensor], cache: Tensor,
      draws: Tensor, ends: Tensor, done: Tensor, seen: Tensor, temperature: float, top_k: int, top_p: float,
      repetition_penalty: float) -> Tensor:
    chosen = annotate(List[Tensor], [])
    ps = self.products(ws)
    ended = done
    n = draws.size(0)
    i = 0
    while i < n:
      logits = self.decode(tokens, at + i, pad, cosines, sines, ws, ps, cache)
      chosen.append(self.choose(logits, tokens, draws[i], seen, temperature, top_k, top_p, repetition_penalty))
      i = i + 1
      if ends.numel() > 0 and i < n:
        ended = torch.logical_or(ended, torch.eq(tokens.unsqueeze(1), ends).any(1))
        if 4 * int(ended.sum()) >= tokens.size(0):
          n = i
    return torch.stack(chosen)

  # The chosen rows of tokens, pad and seen, of which some may be empty and stay so, and of the cache, which is the last.
  def keep(self, tensors: List[Tensor], rows: Tensor) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(len(tensors)):
      t = tensors[i]
      if i == len(tensors) - 1:
        t = torch.index_select(t, 1, rows)
      elif t.numel() > 0:
        t = torch.index_select(t, 0, rows)
      result.append(t)
    return result

  # The same tensors, with more slots in the cache. The others are copied: Java made them of memory of its own, which it takes back
  # with the arrays that they came in.
  def grow(self, tensors: List[Tensor], slots: int) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for i in range(len(tensors) - 1):
      result.append(tensors[i].clone())
    cache = tensors[len(tensors) - 1]
    larger = torch.zeros([cache.size(0), cache.size(1), cache.size(2), slots, cache.size(4)], dtype=cache.dtype,
        device=cache.device)
    larger[:, :, :, 0:cache.size(3)].copy_(cache)
    result.append(larger)
    return result
