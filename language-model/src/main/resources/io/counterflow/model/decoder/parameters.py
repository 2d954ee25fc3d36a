# Moves values in and out of weights, as TorchScript; see decoder.py.

class Parameters(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # A tensor of this shape in the memory of a flat one, from one of its elements on; autograd knows nothing of the other.
  def part(self, storage: Tensor, at: int, shape: List[int]) -> Tensor:
    count = 1
    for size in shape:
      count = count * size
    y = torch.empty([0], dtype=storage.dtype, device=storage.device)
    return y.set_(torch.narrow(storage, 0, at, count).view(shape))

  # Writes a piece into a larger tensor, both seen flat.
  def fill(self, larger: Tensor, at: int, piece: Tensor) -> int:
    larger.detach().view([-1])[at:at + piece.numel()].copy_(piece)
    return 0

  # A piece of a tensor seen flat. Of one that does not lie so in memory no more is copied than the rows around the piece.
  def read(self, larger: Tensor, at: int, count: int) -> Tensor:
    plain = larger.detach()
    first = 0
    if not plain.is_contiguous():
      row = plain.numel() // plain.size(0)
      first = at // row
      plain = plain[first:(at + count - 1) // row + 1]
      first = first * row
    return plain.reshape([-1])[at - first:at - first + count]
