#!/usr/bin/env python3
"""Makes data/: small pictures in every form that @image reads, and what Pillow makes of them (Debian: python3-pil,
python3-numpy). NAME.EXT is the picture, NAME.npy its pixels as a person sees them, u8 [height, width, channels];
MODE-HxW.npy the picture source.png resized by Pillow."""

import io
import pathlib

import numpy
from PIL import Image, ImageOps, PngImagePlugin

HERE = pathlib.Path(__file__).parent / "data"


def scene(height, width, channels, seed):
    """Smooth colours with noise and hard edges, so that every decoder step matters."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [(128 + 100 * numpy.sin((x * (c + 1) + 2 * y) / 5.0)) for c in range(channels)]
    pixels = numpy.stack(planes, axis=-1) + random.normal(0, 12, (height, width, channels))
    pixels[height // 3 : height // 2, : width // 2] = 240
    return numpy.clip(pixels, 0, 255).astype(numpy.uint8)


def expect(name, pixels):
    pixels = numpy.asarray(pixels, dtype=numpy.uint8)
    numpy.save(HERE / f"{name}.npy", pixels if pixels.ndim == 3 else pixels[..., None])


def save(name, image, file_format, **options):
    image.save(HERE / f"{name}.{file_format}", **options)
    return Image.open(HERE / f"{name}.{file_format}")


def main():
    HERE.mkdir(exist_ok=True)
    rgb = Image.fromarray(scene(17, 23, 3, 1))
    grey = Image.fromarray(scene(17, 23, 1, 2)[..., 0])
    rgba = Image.fromarray(scene(9, 11, 4, 3))

    expect("rgb", save("rgb", rgb, "png"))
    expect("grey", save("grey", grey, "png"))
    expect("rgba", save("rgba", rgba, "png"))
    expect("grey-alpha", save("grey-alpha", rgba.convert("LA"), "png"))
    expect("palette", save("palette", rgb.quantize(12), "png").convert("RGB"))
    bits = grey.point(lambda v: 255 * (v > 127)).convert("1")
    expect("bits", save("bits", bits, "png").convert("L"))
    key = Image.new("RGB", rgb.size)
    key.putdata([(255, 0, 0) if i % 3 == 0 else p for i, p in enumerate(rgb.getdata())])
    expect("transparent-colour", save("transparent-colour", key, "png", transparency=(255, 0, 0)).convert("RGBA"))
    deep = (scene(17, 23, 1, 4)[..., 0].astype(numpy.uint32) * 257 + numpy.arange(391).reshape(17, 23) * 37) % 65536
    Image.fromarray(deep.astype(numpy.uint16)).save(HERE / "sixteen.png")
    expect("sixteen", (255 * deep + 32767) // 65535)

    expect("colour-jpeg", save("colour-jpeg", rgb, "jpg", quality=80))
    expect("colour-444", save("colour-444", rgb, "jpg", quality=90, subsampling=0))
    expect("progressive", save("progressive", rgb, "jpg", quality=70, progressive=True))
    expect("grey-jpeg", save("grey-jpeg", grey, "jpg", quality=85))
    # Pillow turns Adobe's inverted CMYK round: 255 − v is what the file stores.
    cmyk = save("cmyk", rgb.convert("CMYK"), "jpg", quality=90)
    stored = 255 - numpy.asarray(cmyk).astype(numpy.uint32)
    expect("cmyk", (stored[..., :3] * stored[..., 3:] + 127) // 255)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[274] = orientation
        name = f"turned-{orientation}"
        expect(name, ImageOps.exif_transpose(save(name, rgb, "jpg", quality=80, exif=exif.tobytes())))
    exif = Image.Exif()
    exif[274] = 6
    expect("turned-png", ImageOps.exif_transpose(save("turned-png", rgb, "png", exif=exif.tobytes())))
    expect("turned-webp", ImageOps.exif_transpose(save("turned-webp", rgb, "webp", lossless=True, exif=exif.tobytes())))

    expect("lossless", save("lossless", rgb, "webp", lossless=True))
    expect("lossy", save("lossy", rgb, "webp", quality=75))
    expect("webp-alpha", save("webp-alpha", rgba, "webp", lossless=True, exact=True))
    other = Image.fromarray(scene(17, 23, 3, 5))
    animated = save("animated", rgb, "webp", save_all=True, append_images=[other], duration=50, lossless=True)
    expect("animated", animated.convert("RGBA"))

    wide = Image.fromarray(scene(40, 61, 3, 6))
    wide.save(HERE / "source.png")
    modes = {"nearest": Image.NEAREST, "linear": Image.BILINEAR, "cubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
    for name, mode in modes.items():
        for height, width in ((16, 16), (57, 90), (40, 13), (7, 61)):
            expect(f"{name}-{height}x{width}", wide.resize((width, height), mode))
    expect("luma", wide.convert("L"))


main()
