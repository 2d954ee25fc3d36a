# What the optimizer does to lists of tensors, as TorchScript.

class Optimizer(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Norm of all gradients seen as one vector.
  def norm(self, gradients: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients, 2)), 2)

  def norms(self, gradients: List[Tensor]) -> Tensor:
    return torch.stack(torch._foreach_norm(gradients, 2))

  def scale(self, tensors: List[Tensor], factor: float) -> int:
    torch._foreach_mul_(tensors, factor)
    return 0

  def zero(self, tensors: List[Tensor]) -> int:
    torch._foreach_zero_(tensors)
    return 0

  def add(self, tensors: List[Tensor], others: List[Tensor]) -> int:
    torch._foreach_add_(tensors, others)
    return 0

  # Also from one device to another.
  def copy(self, targets: List[Tensor], sources: List[Tensor]) -> int:
    for i in range(len(targets)):
      targets[i].detach().copy_(sources[i].detach())
    return 0

  # AdamW: decay decoupled from the gradient. steps holds the number of this step, once for each weight.
  def adamw(self, weights: List[Tensor], gradients: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor],
      rate: float, beta1: float, beta2: float, decay: float, epsilon: float) -> int:
    none = annotate(List[Tensor], [])
    torch._fused_adamw_(weights, gradients, m, v, none, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay,
        eps=epsilon, amsgrad=False, maximize=False)
    return 0
