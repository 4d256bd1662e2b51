"""The two small networks: a detector of balls without non-maximum suppression, and a reader of ball labels.

The detector follows CenterNet (Zhou et al., "Objects as Points", 2019): a heat map of middles at a quarter
of the input's size, and beside it the offset and the logarithm of the size. Only 1x1 and depthwise
convolutions, ReLU6 and nearest up-sampling are used: each runs as int8 on small processors.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

STRIDE = 4


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return convolution, normalisation and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """Return a depthwise and a 1x1 convolution."""
    return nn.Sequential(conv(inputs, inputs, groups=inputs), conv(inputs, outputs, 1))


class Bottleneck(nn.Module):
    """An inverted residual (Sandler et al., MobileNetV2, 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, widen: int) -> None:
        super().__init__()
        inner = inputs * widen
        self.adds = stride == 1 and inputs == outputs
        self.body = nn.Sequential(
            conv(inputs, inner, 1),
            conv(inner, inner, 3, stride, inner),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return features."""
        y: Tensor = self.body(x)
        return x + y if self.adds else y


class BallDetector(nn.Module):
    """Pictures (n, 3, h, w), -1 to 1 → heat (n, 1, h/4, w/4), 0 to 1, and boxes (n, 4, h/4, w/4)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 16, 3, 2)
        self.quarter = nn.Sequential(Bottleneck(16, 24, 2, 2), Bottleneck(24, 24, 1, 2))
        self.eighth = nn.Sequential(
            Bottleneck(24, 32, 2, 3), Bottleneck(32, 32, 1, 3), Bottleneck(32, 32, 1, 3)
        )
        self.sixteenth = nn.Sequential(
            Bottleneck(32, 48, 2, 4), Bottleneck(48, 48, 1, 4), Bottleneck(48, 48, 1, 4)
        )
        self.thirtieth = nn.Sequential(Bottleneck(48, 80, 2, 4), Bottleneck(80, 80, 1, 3))
        self.from_32 = conv(80, 48, 1)
        self.from_16 = conv(48, 48, 1)
        self.from_8 = conv(32, 48, 1)
        self.from_4 = conv(24, 32, 1)
        self.mix_16 = separable(48, 48)
        self.mix_8 = separable(48, 32)
        self.mix_4 = separable(32, 32)
        self.head = separable(32, 32)
        self.heat = nn.Conv2d(32, 1, 1)
        self.box = nn.Conv2d(32, 4, 1)
        nn.init.constant_(self.heat.bias, -4.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return heat and boxes."""
        quarter = self.quarter(self.stem(x))
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        deep = self.from_32(self.thirtieth(sixteenth))
        deep = self.mix_16(interpolate(deep, scale_factor=2.0) + self.from_16(sixteenth))
        deep = self.mix_8(interpolate(deep, scale_factor=2.0) + self.from_8(eighth))
        deep = self.mix_4(interpolate(deep, scale_factor=2.0) + self.from_4(quarter))
        deep = self.head(deep)
        return torch.sigmoid(self.heat(deep)), self.box(deep)


class BallReader(nn.Module):
    """Pictures (n, 3, 32, 32), -1 to 1 → scores (n, 17): the 16 labels, and what is no ball."""

    def __init__(self, labels: int = 17) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(3, 24, 3, 2),
            Bottleneck(24, 32, 1, 3),
            Bottleneck(32, 48, 2, 3),
            Bottleneck(48, 48, 1, 3),
            Bottleneck(48, 80, 2, 3),
            Bottleneck(80, 80, 1, 3),
            conv(80, 128, 1),
        )
        self.last = nn.Linear(128, labels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores before the softmax."""
        out: Tensor = self.last(self.body(x).mean((2, 3)))
        return out


class FromPixels(nn.Module):
    """Wraps a network for the box: pixels (n, h, w, 3), 0 to 255, in; channels last out."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return what the network returns."""
        out = self.net(pixels.permute(0, 3, 1, 2) * (1 / 127.5) - 1.0)
        if isinstance(out, tuple):
            return tuple(part.permute(0, 2, 3, 1) for part in out)
        return torch.softmax(out, -1)
