# Moves values in and out of weights, as TorchScript; see decoder.py.

class Parameters(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Writes a piece into a larger tensor, both seen flat. One that is a view of a larger matrix leaves that.
  def fill(self, larger: Tensor, at: int, piece: Tensor) -> int:
    plain = larger.detach()
    if not plain.is_contiguous():
      larger.set_(plain.contiguous())
      plain = larger.detach()
    plain.view([-1])[at:at + piece.numel()].copy_(piece)
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
