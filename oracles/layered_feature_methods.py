"""The methods of taps with layers of their own, and those for transformers, as feature_methods.py has the others.

Written on images with their channels first, by PyTorch's own layers and without a look at the Rust side.
"""

import torch
import torch.nn.functional as F
from features import as_map, one_size, unit


def same_channels(student, teacher):
    return student.shape[1] == teacher.shape[1]


def projected(number, student, teacher, own):
    if same_channels(student, teacher):
        return student
    weight, bias = (own[f"projector.{number}.{name}"] for name in ("weight", "bias"))
    return F.conv2d(student, weight.T[:, :, None, None], bias)


def convolved(own, path, value, kernel):
    weight = own[f"{path}.weight"]
    if weight.dim() == 1 or weight.shape[-1] != kernel:
        raise ValueError(path)
    return F.conv2d(value, weight, own.get(f"{path}.bias"), padding=kernel // 2)


def over(pairs, term):
    return sum(term(number, as_map(s), as_map(t)) for number, (s, t) in enumerate(pairs))


def mgd(pairs, own):
    """With nothing hidden; what is hidden is a factor 0 on the student's side, which a law tests."""

    def term(number, student, teacher):
        value = projected(number, student, teacher, own)
        value = F.relu(convolved(own, f"generation.{number}.first", value, 3))
        value = convolved(own, f"generation.{number}.second", value, 3)
        value, teacher = one_size(value, teacher)
        return F.mse_loss(value, teacher, reduction="sum") / len(teacher)

    return {"generated": over(pairs, term)}


def ft(pairs, own):
    def network(name, number, value):
        for layer in ("first", "second", "third"):
            value = F.leaky_relu(convolved(own, f"{name}.{number}.{layer}", value, 3), 0.1)
        return value

    def factors(number, student, teacher):
        of_teacher = network("paraphraser.encoder", number, teacher).detach()
        q, p = one_size(network("translator", number, student), of_teacher)
        return F.l1_loss(unit(q.flatten(1)), unit(p.flatten(1)))

    def paraphrase(number, student, teacher):
        factor = network("paraphraser.encoder", number, teacher)
        return F.mse_loss(network("paraphraser.decoder", number, factor), teacher)

    return {"factors": over(pairs, factors), "paraphrase": over(pairs, paraphrase)}


def batch_normalised(value, own, path):
    return F.batch_norm(
        value, None, None, own[f"{path}.scale"], own[f"{path}.shift"], training=True, eps=1e-5
    )


def ofd(pairs, own):
    def term(number, student, teacher):
        path = f"connector.{number}"
        weight = own[f"{path}.weight"].T[:, :, None, None]
        value = F.conv2d(student, weight)
        if value.numel() == value.shape[1]:
            # PyTorch refuses to normalise a single value, which is its own mean.
            value = 0.0 * value + own[f"{path}.shift"][:, None, None]
        else:
            value = batch_normalised(value, own, path)
        negative = (teacher < 0).double()
        count = negative.sum(dim=(0, 2, 3))
        margin = (teacher * negative).sum(dim=(0, 2, 3)) / count.clamp(min=1.0)
        margin = margin[:, None, None]
        x, t = one_size(value, teacher)
        below = (x - margin) ** 2 * ((x > margin) & (t <= margin))
        between = (x - t) ** 2 * ((x > t) & (t > margin) & (t <= 0))
        above = (x - t) ** 2 * (t > 0)
        loss = (below + between + above).mean(dim=0).sum()
        return loss / 2 ** (len(pairs) - 1 - number)

    return {"partial": over(pairs, term)}


def reviewkd(pairs, own):
    def context(student, teacher):
        loss, total, weight = F.mse_loss(student, teacher), 1.0, 1.0
        for level in (4, 2, 1):
            if level < student.shape[2]:
                weight /= 2
                pooled = [F.adaptive_avg_pool2d(side, (level, level)) for side in (student, teacher)]
                loss, total = loss + weight * F.mse_loss(*pooled), total + weight
        return loss / total

    deeper, loss = None, 0.0
    for number in reversed(range(len(pairs))):
        student, teacher = map(as_map, pairs[number])
        path = f"fusion.{number}"
        x = batch_normalised(convolved(own, f"{path}.reduce", student, 1), own, f"{path}.reduce")
        if deeper is not None:
            y = F.interpolate(deeper, x.shape[2:], mode="nearest")
            gates = torch.sigmoid(convolved(own, f"{path}.gate", torch.cat([x, y], dim=1), 1))
            x = x * gates[:, :1] + y * gates[:, 1:]
        deeper = F.interpolate(x, teacher.shape[2:], mode="nearest")
        made = batch_normalised(convolved(own, f"{path}.expand", deeper, 3), own, f"{path}.expand")
        loss = loss + context(made, teacher)
    return {"review": loss}


def semckd(pairs, own):
    """Student and teacher are all taps, not pairs of them; rows of products are as long as a whole batch."""
    students, teachers = ([as_map(tap) for tap in side] for side in pairs)

    def embedded(path, tap):
        rows = tap.flatten(1)
        products = F.pad(rows @ rows.T, (0, whole_batch(len(rows)) - len(rows)))
        for layer in ("first", "second"):
            products = products.relu() if layer == "second" else products
            weight, bias = (own[f"{path}.{layer}.{name}"] for name in ("weight", "bias"))
            products = products @ weight + bias
        return products / products.norm(dim=1, keepdim=True)

    def difference(i, j):
        value, teacher = one_size(students[i], teachers[j])
        for layer in ("first", "second"):
            path = f"value.{i}.{j}.{layer}"
            weight = own[f"{path}.weight"]
            value = F.conv2d(value, weight, padding=weight.shape[-1] // 2)
            if value.numel() == value.shape[1]:
                value = 0.0 * value + own[f"{path}.shift"][:, None, None]
            else:
                value = batch_normalised(value, own, path)
            value = value.relu()
        value = F.conv2d(value, own[f"value.{i}.{j}.third.weight"])
        return ((value - teacher) ** 2).flatten(1).mean(dim=1)

    keys = torch.stack([embedded(f"key.{j}", tap) for j, tap in enumerate(teachers)], dim=2)
    loss = 0.0
    for i, tap in enumerate(students):
        query = embedded(f"query.{i}", tap)
        attention = torch.einsum("bd,bdj->bj", query, keys).softmax(dim=1)
        apart = torch.stack([difference(i, j) for j in range(len(teachers))], dim=1)
        loss = loss + (attention * apart).sum()
    return {"calibration": loss / (len(students) * len(students[0]))}


def whole_batch(batch):
    """Batches of 33 are whole, others the last of a pass."""
    return max(8, batch)


def simkd(pairs, own):
    return {"features": over(pairs, lambda _, s, t: F.mse_loss(*one_size(s, t)))}


def cat_kd(pairs, own):
    def term(number, student, teacher):
        sides = [min(2, student.shape[axis], teacher.shape[axis]) for axis in (2, 3)]
        q, p = (
            unit(F.adaptive_avg_pool2d(side, sides).flatten(2)) for side in (student, teacher)
        )
        return F.mse_loss(q, p)

    return {"class-maps": over(pairs, term)}


def hidden(form):
    def term(number, student, teacher, own):
        student = projected(number, student, teacher, own).flatten(2).transpose(1, 2)
        teacher = teacher.flatten(2).transpose(1, 2)
        if form == "mse":
            return F.mse_loss(student, teacher)
        return (1 - (unit(student) * unit(teacher)).sum(dim=2)).mean()

    return lambda pairs, own: {"states": over(pairs, lambda i, s, t: term(i, s, t, own))}


def attention(form):
    def term(number, student, teacher):
        if form == "probabilities":
            student, teacher = student.softmax(dim=3), teacher.softmax(dim=3)
        return F.mse_loss(student, teacher)

    return lambda pairs, own: {"scores": over(pairs, term)}


def pkd(token):
    def summary(tokens):
        return unit(tokens[..., -1] if token == "last" else tokens.mean(dim=2))

    def term(number, student, teacher, own):
        student = projected(number, student, teacher, own)
        q, p = summary(student.flatten(2)), summary(teacher.flatten(2))
        return ((q - p) ** 2).sum(dim=1).mean()

    return lambda pairs, own: {"summaries": over(pairs, lambda i, s, t: term(i, s, t, own))}


def kdsvd(count):
    def vectors(sample, most):
        """Values and vectors over the channels, as far as they count, each with its largest number positive."""
        if not bool((sample != 0).any()):
            return None
        left, values, _ = torch.linalg.svd(sample, full_matrices=False)
        kept = int((values[:most] > 1e-7 * values[0]).sum())
        left, values = left[:, :kept], values[:kept]
        largest = left.abs().argmax(dim=0)
        signs = left[largest, torch.arange(kept)].sign()
        return values, left * signs.detach()

    def summaries(student, teacher):
        found = vectors(teacher.flatten(1), count)
        if found is None:
            return []
        values, target = found
        target = target * (values / values.norm())
        own = vectors(student.flatten(1), count + 3)
        pairs = []
        for place in range(target.shape[1]):
            aim = target[:, place]
            if own is None:
                pairs.append((torch.zeros_like(aim), aim))
                continue
            cosines = own[1].T @ aim
            best = int(cosines.detach().abs().argmax())
            sign = float(cosines[best].detach().sign())
            pairs.append((own[1][:, best] * sign * values[place] / values.norm(), aim))
        return pairs

    def loss(pairs, own):
        maps = [(as_map(s), as_map(t)) for s, t in pairs]
        samples, total = len(maps[0][0]), 0.0 * sum(s.sum() for s, _ in maps)
        for sample in range(samples):
            taps = [summaries(s[sample], t[sample].detach()) for s, t in maps]
            for before, behind in zip(taps, taps[1:]):
                for (b, u), (a, t) in zip(before, behind):
                    kernel = (-((a[:, None] - b[None, :]) ** 2) / 8).exp()
                    target = (-((t[:, None] - u[None, :]) ** 2) / 8).exp()
                    total = total + ((kernel - target) ** 2).sum()
        return {"singular-vectors": total / samples}

    return loss


LAYERED = {
    "kdsvd": kdsvd(1),
    "kdsvd of two vectors": kdsvd(2),
    "ft": ft,
    "ofd": ofd,
    "reviewkd": reviewkd,
    "mgd": mgd,
    "semckd": semckd,
    "simkd": simkd,
    "cat-kd": cat_kd,
    "hidden": hidden("mse"),
    "hidden by direction": hidden("cosine"),
    "attention": attention("scores"),
    "attention by probabilities": attention("probabilities"),
    "pkd": pkd("mean"),
    "pkd of the last token": pkd("last"),
}


def shapes_of_semckd(batch, student, teacher):
    shapes = {}
    width = whole_batch(batch)
    size = width // 4
    paths = [f"query.{i}" for i in range(len(student))] + [f"key.{j}" for j in range(len(teacher))]
    for path in paths:
        for layer, inputs, outputs in [("first", width, 2 * size), ("second", 2 * size, size)]:
            shapes[f"{path}.{layer}.weight"] = [inputs, outputs]
            shapes[f"{path}.{layer}.bias"] = [outputs]
    for i, s in enumerate(student):
        for j, t in enumerate(teacher):
            outputs = channels(t)
            both = [min(a, b) for a, b in zip(sides(s), sides(t))]
            kernel = 1 if both == [1, 1] else 3
            for layer, sizes, side in [
                ("first", [2 * outputs, channels(s)], 1),
                ("second", [2 * outputs, 2 * outputs], kernel),
                ("third", [outputs, 2 * outputs], 1),
            ]:
                shapes[f"value.{i}.{j}.{layer}.weight"] = [*sizes, side, side]
                if layer != "third":
                    shapes[f"value.{i}.{j}.{layer}.scale"] = [2 * outputs]
                    shapes[f"value.{i}.{j}.{layer}.shift"] = [2 * outputs]
    return shapes


def shapes_of_layers(name, student, teacher):
    """Names and shapes of a method's parameters, for these numbers of channels."""
    shapes = {}

    def layer(path, inputs, outputs, kernel, bias=True):
        shapes[f"{path}.weight"] = [outputs, inputs, kernel, kernel]
        if bias:
            shapes[f"{path}.bias"] = [outputs]

    def norm(path, outputs):
        shapes[f"{path}.scale"] = [outputs]
        shapes[f"{path}.shift"] = [outputs]

    projects = name == "mgd" or name.startswith(("hidden", "pkd"))
    middle = student[-1]
    for number, (s, t) in enumerate(zip(student, teacher)):
        if projects and s != t:
            shapes[f"projector.{number}.weight"] = [s, t]
            shapes[f"projector.{number}.bias"] = [t]
        if name == "mgd":
            layer(f"generation.{number}.first", t, t, 3)
            layer(f"generation.{number}.second", t, t, 3)
        if name == "ft":
            f = max(1, t // 2)
            for network, sizes in {
                "translator": [(s, s), (s, f), (f, f)],
                "paraphraser.encoder": [(t, t), (t, f), (f, f)],
                "paraphraser.decoder": [(f, f), (f, t), (t, t)],
            }.items():
                for place, (inputs, outputs) in zip(("first", "second", "third"), sizes):
                    layer(f"{network}.{number}.{place}", inputs, outputs, 3)
        if name == "ofd":
            shapes[f"connector.{number}.weight"] = [s, t]
            norm(f"connector.{number}", t)
        if name == "reviewkd":
            layer(f"fusion.{number}.reduce", s, middle, 1, bias=False)
            norm(f"fusion.{number}.reduce", middle)
            layer(f"fusion.{number}.expand", middle, t, 3, bias=False)
            norm(f"fusion.{number}.expand", t)
            if number + 1 < len(student):
                layer(f"fusion.{number}.gate", 2 * middle, 2, 1)
    return shapes


def channels(shape):
    return shape[-1] if len(shape) == 2 else shape[0]


def sides(shape):
    return {1: [1, 1], 2: [1, shape[0]], 3: shape[1:]}[len(shape)]


def applies_to_layered(name, kind, batch, student, teacher):
    shapes = student + teacher
    both = list(zip(student, teacher))
    if name.startswith("kdsvd"):
        equal = all(len(s) > 1 and len(t) > 1 for s, t in both)
        equal = equal and all(channels(s) == channels(t) for s, t in both)
        # Where both are the same the slopes are differences of equal numbers, and laws have that they are 0. Equal
        # singular values, as ties have them and some of many maps with dead pixels, have no vectors of their own and
        # no slopes.
        distinct = kind not in ("same", "ties") and (kind != "relu" or batch < 33)
        return len(student) > 1 and equal and distinct
    if name == "semckd":
        # As above, and each tap is compared with each, which must lie in the same way.
        alike = len({min(len(shape), 2) if len(shape) < 3 else 3 for shape in shapes if len(shape) > 1}) < 2
        smallest = min(sides(shape)[0] * sides(shape)[1] for shape in shapes)
        # Of single samples of extreme numbers, what is normalised over four places has the slopes of rounding.
        return alike and batch * smallest > (4 if kind == "extreme" else 3)
    if name in ("ft", "mgd"):
        return all(len(shape) > 1 for shape in shapes)
    if name == "reviewkd":
        # With two values, or a few that are all 0, a channel has hardly a slope but that of rounding.
        least = 6 if (kind, batch) == ("relu", 1) else 3
        return all(batch * sides(shape)[0] * sides(shape)[1] > least for shape in shapes)
    if name == "simkd":
        return all(s[0] == t[0] and len(s) == len(t) == 3 for s, t in both)
    if name == "cat-kd":
        return all(len(s) == len(t) == 3 and s[0] == t[0] for s, t in both)
    if name.startswith("attention"):
        return all(s == t and len(s) == 3 for s, t in both)
    if name.startswith("hidden"):
        return all(len(s) == len(t) == 2 and s[0] == t[0] for s, t in both)
    if name.startswith("pkd"):
        return all(len(shape) == 2 for shape in shapes)
    return True
