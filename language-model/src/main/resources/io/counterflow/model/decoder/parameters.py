# Moves values in and out of weights, as TorchScript; see decoder.py.

class Parameters(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Writes a piece into a larger tensor, both seen flat.
  def fill(self, larger: Tensor, at: int, piece: Tensor) -> int:
    larger.detach().view([-1])[at:at + piece.numel()].copy_(piece)
    return 0

  def read(self, larger: Tensor, at: int, count: int) -> Tensor:
    return larger.detach().reshape([-1])[at:at + count]
