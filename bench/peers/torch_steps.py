"""One training step in PyTorch, in the two forms that can be the fastest."""

import torch
from torch.func import functional_call, grad_and_value
from torch.nn import functional

import works


def distillation_loss(student, teacher, labels, temperature=works.TEMPERATURE, alpha=works.ALPHA):
    t = temperature
    log_p = functional.log_softmax(teacher / t, dim=1)
    log_q = functional.log_softmax(student / t, dim=1)
    soft = functional.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    if alpha == 1:
        return t * t * soft
    return alpha * t * t * soft + (1 - alpha) * functional.cross_entropy(student, labels)


def autograd_step(network, loss, optimizer):
    """Autograd and PyTorch's own fused optimiser.

    `loss(forward, *batch)` computes the loss with the network as `forward`.
    """
    if optimizer == "adam":
        adam = works.ADAM
        betas = (adam["first"], adam["second"])
        optimiser = torch.optim.Adam(
            network.parameters(), adam["rate"], betas, adam["epsilon"], fused=True
        )
    else:
        sgd = works.SGD
        optimiser = torch.optim.SGD(
            network.parameters(), sgd["rate"], sgd["momentum"], fused=True
        )

    def step(rate, *batch):
        optimiser.zero_grad(set_to_none=True)
        value = loss(network, *batch)
        value.backward()
        optimiser.param_groups[0]["lr"] = rate
        optimiser.step()
        return value.detach()

    step.reset = optimiser.state.clear
    return step


def whole_step(network, loss, optimizer, compiled):
    """Forward pass, gradients and optimiser as one graph: no autograd engine between kernels."""
    # They share their memory with the network, which so has the trained weights.
    weights = {name: value.detach() for name, value in network.named_parameters()}
    buffers = dict(network.named_buffers())
    update, state = adam(weights) if optimizer == "adam" else sgd(weights)

    def loss_of(weights, buffers, *batch):
        return loss(lambda inputs: functional_call(network, (weights, buffers), (inputs,)), *batch)

    @compiled
    def graph(weights, buffers, state, rate, *batch):
        gradients, value = grad_and_value(loss_of)(weights, buffers, *batch)
        update(weights, gradients, state, rate)
        return value

    rates = {}

    @torch.no_grad()
    def step(rate, *batch):
        # As a tensor, since another number would be another graph.
        if rate not in rates:
            rates.clear()
            rates[rate] = torch.tensor(rate)
        return graph(weights, buffers, state, rates[rate], *batch)

    def reset():
        for name, value in state.items():
            value.fill_(1.0 if name == "powers" else 0.0)

    step.reset = reset
    return step


def adam(weights):
    first, second, epsilon = (works.ADAM[key] for key in ("first", "second", "epsilon"))

    def update(weights, gradients, state, rate):
        powers = state["powers"]
        powers.mul_(torch.tensor([first, second]))
        rate = rate / (1 - powers[0])
        root = (1 - powers[1]).sqrt()
        for name, gradient in gradients.items():
            mean, square = state["mean " + name], state["square " + name]
            mean.lerp_(gradient, 1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            weights[name].sub_(rate * mean / (square.sqrt() / root + epsilon))

    state = {"powers": torch.ones(2)}
    for name, value in weights.items():
        state["mean " + name] = torch.zeros_like(value)
        state["square " + name] = torch.zeros_like(value)
    return update, state


def sgd(weights):
    def update(weights, gradients, state, rate):
        for name, gradient in gradients.items():
            state[name].mul_(works.SGD["momentum"]).add_(gradient)
            weights[name].sub_(rate * state[name])

    return update, {name: torch.zeros_like(value) for name, value in weights.items()}
