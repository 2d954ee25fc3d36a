# How weights lie while they do not change, as TorchScript; the list of weights is that of decoder.py.

class Arrangement(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  fused : bool            # one projection for query, key and value, and one for gate and up
  transposed : bool       # GPT-2: weights of projections are stored [in, out]
  dtype : int             # of matrix products: 6 float32, 15 bfloat16

  # In the type of products.
  def typed(self, x: Tensor) -> Tensor:
    if self.dtype != 6:
      x = x.to(self.dtype)
    return x

  # The same matrix in the same memory, its columns next to each other: products with few rows are up to twice as fast on a CPU. Who
  # has w, has it so from then on.
  def by_columns(self, w: Tensor) -> Tensor:
    if w.dim() == 2 and not w.is_cuda and not w.t().is_contiguous():
      columns = w.t().contiguous()
      w.set_(w.view(columns.size()).copy_(columns).t())
    return w

  # Takes by_columns() back.
  def by_rows(self, w: Tensor) -> Tensor:
    if w.dim() == 2 and not w.is_contiguous():
      rows = w.contiguous()
      w.set_(w.t().view(rows.size()).copy_(rows))
    return w

  # Matrices that follow each other in memory as one; where they do not, a copy.
  def together(self, parts: List[Tensor]) -> Tensor:
    first = parts[0]
    width = first.size(1)
    rows = 0
    adjacent = True
    for part in parts:
      there = torch.as_strided(first, part.size(), [width, 1], first.storage_offset() + rows * width)
      adjacent = adjacent and there.is_set_to(part)
      rows = rows + part.size(0)
    if adjacent:
      y = torch.as_strided(first, [rows, width], [width, 1], first.storage_offset())
    else:
      y = torch.cat(parts)
    return y

  # Makes matrices views of the one that together() made of them, which may have been laid out since.
  def follow(self, parts: List[Tensor], whole: Tensor) -> int:
    at = 0
    for part in parts:
      part.set_(torch.narrow(whole, 0, at, part.size(0)))
      at = at + part.size(0)
    return at

  # The weights with fewer and larger products: one projection for query, key and value, one for gate and up.
  def fuse(self, ws: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for w in ws:
      result.append(w)
    none = ws[5].view([-1])[0:0]
    for i in range(self.layers):
      at = 6 + 41 * i
      result[at + 2] = self.together([ws[at + 2], ws[at + 7], ws[at + 12]])
      result[at + 3] = torch.cat([ws[at + 3], ws[at + 8], ws[at + 13]])
      result[at + 31] = self.together([ws[at + 26], ws[at + 31]])
      result[at + 32] = torch.cat([ws[at + 27], ws[at + 32]])
      for empty in [7, 8, 12, 13, 26, 27]:
        result[at + empty] = none
    return result

  # Weights that fuse() made of others become the memory of these.
  def unite(self, fused: List[Tensor], ws: List[Tensor]) -> int:
    for i in range(self.layers):
      at = 6 + 41 * i
      if fused[at + 7].numel() < ws[at + 7].numel():
        self.follow([ws[at + 2], ws[at + 7], ws[at + 12]], fused[at + 2])
      if fused[at + 26].numel() < ws[at + 26].numel():
        self.follow([ws[at + 26], ws[at + 31]], fused[at + 31])
    return len(ws)

  # Matrices of layers and head in the type of products, one after the other in memory, by rows.
  def cast(self, ws: List[Tensor]) -> List[Tensor]:
    elements = 0
    for i in range(2, len(ws)):
      if ws[i].dim() > 1:
        elements = elements + ws[i].numel()
    storage = torch.empty([elements], dtype=self.dtype, device=ws[0].device)
    result = annotate(List[Tensor], [])
    at = 0
    for i in range(len(ws)):
      w = ws[i]
      if i > 1 and w.dim() > 1:
        y = torch.narrow(storage, 0, at, w.numel())
        at = at + w.numel()
        # GPT-2's projections are stored the other way round, but not its head.
        if self.transposed and i != 4 and not w.is_cuda:
          w = y.view([w.size(1), w.size(0)]).copy_(w.t()).t()
        else:
          w = y.view(w.size()).copy_(w)
      result.append(w)
    return result

  # The weights arranged for products, for a model that is not trained: fused; in float32 by columns, in the memory where they are, and
  # in bfloat16 a copy.
  def arrange(self, ws: List[Tensor]) -> List[Tensor]:
    result = ws
    if self.fused:
      result = self.fuse(ws)
    if self.dtype == 6:
      for i in range(2, len(result)):
        if not self.transposed or i == 4:
          self.by_columns(result[i])
      self.unite(result, ws)
    else:
      result = self.cast(result)
    return result

  # Puts into result what the projection at `at` is with an adapter; parts are the places of those that were fused into it. Their
  # factors become one: A's one below the other, B's, times their scales, as blocks along the diagonal.
  def adapt_projection(self, result: List[Tensor], plain: List[Tensor], adapted: List[Tensor], at: int, parts: List[int]) -> int:
    side = 1 if self.transposed else 0
    replaced = False
    outputs = 0
    weights = annotate(List[Tensor], [])
    biases = annotate(List[Tensor], [])
    a = annotate(List[Tensor], [])
    for p in parts:
      replaced = replaced or not adapted[p].is_set_to(plain[p])
      weights.append(adapted[p])
      biases.append(adapted[p + 1])
      outputs = outputs + adapted[p].size(side)
      if adapted[p + 2].numel() > 0:
        a.append(adapted[p + 2])
    if replaced:
      result[at] = self.typed(torch.cat(weights, side))
    result[at + 1] = torch.cat(biases)
    if len(a) > 0:
      low = torch.cat(a)
      high = torch.zeros([outputs, low.size(0)], dtype=low.dtype, device=low.device)
      row = 0
      column = 0
      for p in parts:
        end = row + adapted[p].size(side)
        if adapted[p + 2].numel() > 0:
          next = column + adapted[p + 2].size(0)
          high[row:end, column:next].copy_(adapted[p + 3] * adapted[p + 4])
          column = next
        row = end
      for y in [low, high]:
        if self.dtype == 6:
          self.by_columns(y)
      result[at + 2] = self.typed(low)
      result[at + 3] = self.typed(high)
    return outputs

  # Arranged weights with an adapter: plain are the weights as they are without being arranged, adapted the same with what the adapter
  # has in its places.
  def adapt(self, arranged: List[Tensor], plain: List[Tensor], adapted: List[Tensor]) -> List[Tensor]:
    result = annotate(List[Tensor], [])
    for w in arranged:
      result.append(w)
    others = [0, 1, 2, 3, 4]
    for i in range(self.layers):
      w = 6 + 41 * i
      for at in [0, 1, 17, 18, 24, 25]:
        others.append(w + at)
      if arranged[w + 7].numel() < plain[w + 7].numel():
        self.adapt_projection(result, plain, adapted, w + 2, [w + 2, w + 7, w + 12])
        self.adapt_projection(result, plain, adapted, w + 31, [w + 26, w + 31])
        rest = [19, 36]
      else:
        rest = [2, 7, 12, 19, 26, 31, 36]
      for at in rest:
        if plain[w + at].numel() > 0:
          self.adapt_projection(result, plain, adapted, w + at, [w + at])
    for at in others:
      y = adapted[at]
      if y.numel() > 0 and not y.is_set_to(plain[at]):
        if at > 1 and y.dim() > 1:
          y = self.typed(y)
        result[at] = y
    return result

  # Takes arrange() back: ws lie as before.
  def restore(self, arranged: List[Tensor], ws: List[Tensor]) -> int:
    if self.dtype == 6:
      for i in range(2, len(arranged)):
        if not self.transposed or i == 4:
          self.by_rows(arranged[i])
      self.unite(arranged, ws)
    return len(ws)
