"""A reader of .oinf packages, version 3, written from docs/spec/oinf.md and nothing else, as somebody outside the project
would write one. Only Python's library and NumPy; the checksums are XXH3's own library's."""
import ctypes
import math
import struct

import numpy

_xxhash = ctypes.CDLL("libxxhash.so.0")


class _Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


_xxhash.XXH3_128bits.restype = _Hash128
_xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def checksum(data):
    value = _xxhash.XXH3_128bits(bytes(data), len(data))
    return struct.pack("<QQ", value.low, value.high)


class Refused(Exception):
    """The error code of the page's table, and what is wrong."""


def refuse(code, what):
    raise Refused(code + ": " + what)


PLAIN = {1: "i1", 2: "<i2", 3: "<i4", 4: "<i8", 5: "u1", 6: "<u2", 7: "<u4", 8: "<u8", 9: "<f2", 10: "<f4", 11: "<f8",
         12: "u1", 13: "u1", 16: "<u2", 17: "u1", 32: "u1"}
PACKED = {18: (4, True), 19: (2, True), 20: (1, True), 21: (4, False), 22: (2, False), 23: (1, False), 24: (2, True),
          25: (1, None)}  # bits, whether in two's complement; t1 is -1 and 1
BLOCK = {33: (32, 34), 34: (32, 18), 35: (32, 20), 36: (32, 22), 37: (32, 24), 38: (256, 84), 39: (256, 110),
         40: (256, 144), 41: (256, 176), 42: (256, 210), 43: (32, 18), 44: (256, 136)}
NAMES = {1: "i8", 2: "i16", 3: "i32", 4: "i64", 5: "u8", 6: "u16", 7: "u32", 8: "u64", 9: "f16", 10: "f32", 11: "f64",
         12: "bool", 13: "bitset", 16: "bf16", 17: "f8", 18: "i4", 19: "i2", 20: "i1", 21: "u4", 22: "u2", 23: "u1",
         24: "t2", 25: "t1", 32: "f8e4m3", 33: "q8_0", 34: "q4_0", 35: "q4_1", 36: "q5_0", 37: "q5_1", 38: "q2_k",
         39: "q3_k", 40: "q4_k", 41: "q5_k", 42: "q6_k", 43: "iq4_nl", 44: "iq4_xs"}


def storage_bytes(tag, shape):
    count = math.prod(shape)
    if tag in PLAIN:
        return count * numpy.dtype(PLAIN[tag]).itemsize
    if tag in PACKED:
        return (count * PACKED[tag][0] + 7) // 8
    block, size = BLOCK[tag]
    if not shape or shape[-1] % block:
        refuse("P0014", "the last axis does not divide into blocks")
    return count // block * size


def up(value, to):
    return (value + to - 1) // to * to


def planes(tag, rows, columns):
    """Of panel16: the shape of each plane in bytes, [P][...], with what holds one row of 16."""
    p = (rows + 15) // 16
    if tag == 10:
        return [(p, columns, 16, 4)]
    if tag == 9:
        return [(p, columns, 16, 2)]
    if tag == 16:
        return [(p, (columns + 1) // 2, 16, 4)]
    if tag == 1:
        return [(p, (columns + 3) // 4, 16, 4)]
    if tag == 33:
        return [(p, columns // 4, 16, 4), (p, columns // 32, 16, 2)]
    # Codes of groups of 32 columns, then headers: of a group, of 16 columns, or of a super-block of 256.
    g, s = columns // 32, columns // 256
    four, two, one = (p, g * 4, 16, 4), (p, g * 2, 16, 4), (p, g, 16, 4)
    half = (p, g, 16, 2)
    by_type = {
        "q4_0": [four, half],
        "iq4_nl": [four, half],
        "q4_1": [four, half, half],
        "q5_0": [four, one, half],
        "q5_1": [four, one, half, half],
        "q4_k": [four, (p, s, 256)],
        "q5_k": [four, one, (p, s, 256)],
        "q6_k": [four, two, (p, s * 16, 16, 1), (p, s, 16, 2)],
        "q2_k": [two, (p, s * 16, 16, 1), (p, s, 64)],
        "q3_k": [two, one, (p, s * 3, 16, 4), (p, s, 16, 2)],
        "iq4_xs": [four, (p, s, 128)],
    }
    if NAMES.get(tag) in by_type:
        return by_type[NAMES[tag]]
    refuse("P0011", "type %d has no panel16" % tag)


def panel_bytes(tag, shape):
    rows, columns = math.prod(shape[:-1]), shape[-1]
    if len(shape) < 2:
        refuse("P0011", "panel16 wants a matrix")
    end = 0
    for plane in planes(tag, rows, columns):
        end = up(end, 64) + math.prod(plane)
    return end


def lines(plane):
    """A plane [P][a][16][b] as the bytes of each row, [16 P][a b]."""
    p, a, _, b = plane.shape
    return plane.transpose(0, 2, 1, 3).reshape(p * 16, a * b)


def fields(plane, sizes):
    """A header [P][K/256] of fields, each so many bytes of 16 rows side by side: an array [16 P][K/256][bytes]."""
    p, s, _ = plane.shape
    parts, at = [], 0
    for size in sizes:
        part = plane[:, :, at : at + 16 * size].reshape(p, s, 16, size)
        parts.append(part.transpose(0, 2, 1, 3).reshape(p * 16, s, size))
        at += 16 * size
    return numpy.concatenate(parts, axis=2)


def codes(plane, bits):
    """The numbers of a plane of codes, [16 P][K]."""
    p, _, _, _ = plane.shape
    vectors = bits
    plane = plane.reshape(p, -1, vectors, 16, 4)
    out = numpy.zeros((p, plane.shape[1], 16, 32), "u1")
    for v in range(vectors):
        for m in range(8 // bits):
            first = {4: 16 * m + 4 * v, 2: 16 * v + 4 * m, 1: 4 * m}[bits]
            out[:, :, :, first : first + 4] = plane[:, :, v] >> (m * bits) & ((1 << bits) - 1)
    return out.transpose(0, 2, 1, 3).reshape(p * 16, -1)


def nibbles(low, high):
    return low | high << 4


def blocks32(name, arrays):
    """GGUF's blocks of 32 out of planes, [16 P][K/32][bytes]."""
    c = codes(arrays[0], 4)
    c = c.reshape(c.shape[0], -1, 32)
    packed = nibbles(c[:, :, :16], c[:, :, 16:])
    rest = arrays[1:]
    parts = []
    if name in ("q5_0", "q5_1"):
        fifth = codes(rest.pop(0), 1).reshape(c.shape)
        parts = [numpy.packbits(fifth, axis=2, bitorder="little")]
    heads = [lines(a).reshape(c.shape[0], -1, 2) for a in rest]
    return numpy.concatenate(heads + parts + [packed], axis=2)


def blocks256(name, arrays):
    """GGUF's super-blocks out of planes, [16 P][K/256][bytes]."""
    bits = 2 if name in ("q2_k", "q3_k") else 4
    c = codes(arrays[0], bits)
    rows = c.shape[0]
    c = c.reshape(rows, -1, 256)
    runs = c.reshape(rows, -1, 8, 32)
    if name in ("q4_k", "q5_k"):
        packed = nibbles(runs[:, :, 0::2], runs[:, :, 1::2]).reshape(rows, -1, 128)
        head = fields(arrays[-1], (2, 2, 4, 4, 4))
        if name == "q4_k":
            return numpy.concatenate([head, packed], axis=2)
        fifth = codes(arrays[1], 1).reshape(rows, -1, 8, 32)
        bit = sum(fifth[:, :, run] << run for run in range(8))
        return numpy.concatenate([head, bit, packed], axis=2)
    if name == "iq4_xs":
        packed = nibbles(runs[:, :, :, :16], runs[:, :, :, 16:]).reshape(rows, -1, 128)
        return numpy.concatenate([fields(arrays[1], (2, 2, 4)), packed], axis=2)
    halves = c.reshape(rows, -1, 2, 4, 32)
    if name == "q6_k":
        low = nibbles(halves[:, :, :, :2], halves[:, :, :, 2:]).reshape(rows, -1, 128)
        high = codes(arrays[1], 2).reshape(rows, -1, 2, 4, 32)
        high = sum(high[:, :, :, run] << (2 * run) for run in range(4)).reshape(rows, -1, 64)
        scales = lines(arrays[2]).reshape(rows, -1, 16)
        return numpy.concatenate([low, high, scales, lines(arrays[3]).reshape(rows, -1, 2)], axis=2)
    two = sum(halves[:, :, :, run] << (2 * run) for run in range(4)).reshape(rows, -1, 64)
    if name == "q2_k":
        return numpy.concatenate([lines(arrays[1]).reshape(rows, -1, 16), two, fields(arrays[2], (2, 2))], axis=2)
    third = codes(arrays[1], 1).reshape(rows, -1, 8, 32)
    mask = sum(third[:, :, run] << run for run in range(8))
    scales = lines(arrays[2]).reshape(rows, -1, 12)
    return numpy.concatenate([mask, two, scales, lines(arrays[3]).reshape(rows, -1, 2)], axis=2)


def from_panels(tag, shape, data):
    """Row-major bytes, block types in GGUF's blocks."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    end, arrays = 0, []
    for plane in planes(tag, rows, columns):
        begin = up(end, 64)
        if any(data[end:begin]):
            refuse("P0017", "bytes between planes")
        end = begin + math.prod(plane)
        arrays.append(numpy.frombuffer(data[begin:end], "u1").reshape(plane))
    if tag in PLAIN:
        whole = lines(arrays[0])
        width = numpy.dtype(PLAIN[tag]).itemsize * columns
        if whole[rows:].any():
            refuse("P0017", "rows that the matrix lacks")
        if whole[:, width:].any():
            refuse("P0017", "columns that the matrix lacks")
        return whole[:rows, :width].tobytes()
    name = NAMES[tag]
    if name == "q8_0":
        values, scales = lines(arrays[0]), lines(arrays[1])
        blocks = numpy.concatenate([scales.reshape(-1, columns // 32, 2), values.reshape(-1, columns // 32, 32)], axis=2)
    else:
        blocks = (blocks256 if BLOCK[tag][0] == 256 else blocks32)(name, arrays)
    if blocks[rows:].any():
        refuse("P0017", "rows that the matrix lacks")
    return blocks[:rows].tobytes()


def values(tag, shape, data):
    """An array of the stored values; bf16 and f8 as f32; block types as rows of bytes."""
    if tag in BLOCK:
        return numpy.frombuffer(data, "u1").reshape(shape[:-1] + (shape[-1] // BLOCK[tag][0] * BLOCK[tag][1],))
    if tag in PACKED:
        bits, signed = PACKED[tag]
        each = numpy.unpackbits(numpy.frombuffer(data, "u1"), bitorder="little")[: math.prod(shape) * bits]
        whole = (each.reshape(-1, bits).astype("i8") << numpy.arange(bits)).sum(axis=1)
        if signed is None:
            whole = whole * 2 - 1
        elif signed:
            whole = numpy.where(whole >= 1 << (bits - 1), whole - (1 << bits), whole)
        return whole.reshape(shape)
    array = numpy.frombuffer(data, PLAIN[tag]).reshape(shape)
    if tag == 16:
        return (array.astype("<u4") << 16).view("<f4")
    if tag == 17:
        return (array.astype("<u2") << 8).view("<f2").astype("<f4")
    if tag == 32:
        sign = numpy.where(array & 0x80, numpy.float32(-1), numpy.float32(1))
        exponent, mantissa = (array >> 3 & 15).astype(int), (array & 7).astype("<f4")
        plain = numpy.where(exponent == 0, mantissa / 8 * 2.0**-6, (1 + mantissa / 8) * 2.0 ** (exponent - 7))
        return numpy.where(array & 0x7F == 0x7F, numpy.float32("nan"), sign * plain).astype("<f4")
    return array


class _Body:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if size > len(self.data) - self.at:
            refuse("P0005", "a part reaches past its section")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def zeros(self, size):
        if any(self.take(size)):
            refuse("P0017", "zeros are not zeros")

    def pad(self, begin):
        self.zeros(-(self.at - begin) % 8)

    def string(self):
        begin = self.at
        text = self.take(self.number("I"))
        self.pad(begin)
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError:
            refuse("P0012", "a string is not UTF-8")

    def name(self):
        text = self.string()
        if not text or any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in text):
            refuse("P0012", "a name is empty or has control characters")
        return text

    def many(self, read):
        return [read() for _ in range(self.number("Q"))]

    def array(self, form):
        begin = self.at
        count = self.number("Q")
        out = numpy.frombuffer(self.take(count * numpy.dtype(form).itemsize), form).tolist()
        self.pad(begin)
        return out

    def payload(self):
        return self.number("Q"), self.number("Q"), self.take(16)

    def end(self):
        if self.at != len(self.data):
            refuse("P0010", "bytes behind a body")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        refuse("P0009", "a name appears twice")
    return found


class Package:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = data = file.read()
        if len(data) < 64:
            refuse("P0002", "shorter than the header")
        if data[:5] != b"OINF\0":
            refuse("P0003", "another magic")
        if struct.unpack_from("<I", data, 5)[0] != 3:
            refuse("P0004", "another version")
        size, index, index_size, zero = struct.unpack_from("<QQQQ", data, 16)
        if any(data[9:12]) or zero:
            refuse("P0017", "the header's zeros")
        if size != len(data):
            refuse("P0002", "another size than the header says")
        if index % 64:
            refuse("P0006", "the index is not aligned")
        if index + index_size != size:
            refuse("P0005", "the index does not end the file")
        self.hash = data[48:64]
        if checksum(data[:48] + data[index:]) != self.hash:
            refuse("P0015", "the index's checksum")
        self._sections(_Body(data[index:]))
        self._placed(index)

    def _sections(self, body):
        sections, last = {}, 0
        while body.at < len(body.data):
            kind, flags, size = body.number("I"), body.number("I"), body.number("Q")
            if kind <= last:
                refuse("P0009" if kind == last else "P0007", "sections do not rise")
            last, begin = kind, body.at
            sections[kind] = _Body(body.take(size))
            body.pad(begin)
            if kind > 7 and flags & 1:
                refuse("P0004", "an unknown section")
        if any(kind not in sections for kind in range(1, 8)):
            refuse("P0018", "a section is missing")
        s = sections[1]
        self.numerics_id = s.number("I")
        s.zeros(4)
        self.architecture = s.string()
        s = sections[2]
        self.sizes = _unique(s.many(lambda: (s.name(), s.number("q"))))
        self.metadata = _unique(sections[3].many(lambda: self._metadata(sections[3])))
        self.labels = sections[4].many(sections[4].string)
        self._tensors = _unique(sections[5].many(lambda: self._tensor(sections[5])))
        self._attachments = sections[6].many(lambda: self._attachment(sections[6]))
        s = sections[7]
        self.packer, self.options = s.string(), s.many(s.string)
        self.sources = s.many(lambda: (s.string(), s.number("Q"), s.take(16)))
        for kind in range(1, 8):
            sections[kind].end()

    def _metadata(self, s):
        name, kind = s.name(), s.number("I")
        s.zeros(4)
        if kind == 1:
            return name, bool(s.number("Q"))
        if kind == 2:
            return name, s.number("q")
        if kind == 3:
            return name, s.number("d")
        if kind == 4:
            return name, s.string()
        if kind in (5, 6):
            return name, s.array("<i8" if kind == 5 else "<f8")
        if kind == 7:
            return name, s.many(s.string)
        if kind == 8:
            return name, [bool(v) for v in s.array("u1")]
        refuse("P0011", "unknown metadata")

    def _parameter(self, s):
        parameter = struct.unpack("<BBBBIQ", s.take(16))
        if parameter[3] or parameter[4]:
            refuse("P0017", "a parameter's zeros")
        return parameter

    def _tensor(self, s):
        name = s.name()
        tag, layout, rank, quantised = s.take(4)
        s.zeros(4)
        if rank > 8:
            refuse("P0013", "rank %d" % rank)
        if tag not in NAMES or layout > 1:
            refuse("P0011", "an unknown type or layout")
        shape = tuple(s.number("q") for _ in range(rank))
        if any(size < 0 for size in shape) or math.prod(size for size in shape if size) > 2**62:
            refuse("P0008", "sizes")
        tensor = {"tag": tag, "layout": layout, "shape": shape, "payloads": [s.payload()]}
        wanted = panel_bytes(tag, shape) if layout else storage_bytes(tag, shape)
        if tensor["payloads"][0][1] != wanted:
            refuse("P0014", "tensor `%s` has %d bytes, not %d" % (name, tensor["payloads"][0][1], wanted))
        if quantised:
            tensor["parameters"] = [self._parameter(s), self._parameter(s)]
            tensor["payloads"].append(s.payload())
            zero_points = s.payload()
            if tensor["parameters"][1][0]:
                tensor["payloads"].append(zero_points)
            elif zero_points != (0, 0, bytes(16)):
                refuse("P0017", "zero points that are none")
        return name, tensor

    def _attachment(self, s):
        name, kind = s.name(), s.number("I")
        s.zeros(4)
        return kind, name, s.payload()

    def _placed(self, index):
        """Every offset follows from the sizes."""
        end = 64
        listed = [p for t in self._tensors.values() for p in t["payloads"]] + [a[2] for a in self._attachments]
        for offset, size, _ in listed:
            begin = up(end, 4096 if size >= 65536 else 64)
            if offset != begin:
                refuse("P0007" if offset < end else "P0010", "a payload at %d, not %d" % (offset, begin))
            if any(self.data[end:begin]):
                refuse("P0017", "bytes between payloads")
            end = begin + size
        if index != up(end, 64) or any(self.data[end:index]):
            refuse("P0010", "bytes before the index")

    def _bytes(self, payload):
        offset, size, expected = payload
        data = self.data[offset : offset + size]
        if checksum(data) != expected:
            refuse("P0015", "a payload's checksum")
        return data

    def tensors(self):
        return list(self._tensors)

    def type_of(self, name):
        tensor = self._tensors[name]
        return NAMES[tensor["tag"]], tensor["shape"], ("rowmajor", "panel16")[tensor["layout"]]

    def stored(self, name):
        """Row-major bytes."""
        tensor = self._tensors[name]
        data = self._bytes(tensor["payloads"][0])
        return from_panels(tensor["tag"], tensor["shape"], data) if tensor["layout"] else data

    def tensor(self, name):
        tensor = self._tensors[name]
        return values(tensor["tag"], tensor["shape"], self.stored(name))

    def dequantised(self, name):
        """scale * (q - zero_point), in f64; None without a quantisation."""
        tensor = self._tensors[name]
        if "parameters" not in tensor:
            return None
        parts = []
        for (granularity, tag, axis, _, _, group), payload in zip(tensor["parameters"], tensor["payloads"][1:]):
            shape = tensor["shape"]
            if granularity == 1:
                counts = ()
            elif granularity == 2:
                counts = tuple(n if i == axis else 1 for i, n in enumerate(shape))
            else:
                counts = shape[:-1] + ((shape[-1] + group - 1) // group,)
            part = values(tag, counts, self._bytes(payload)).astype("f8")
            if granularity == 3:
                part = numpy.repeat(part, group, axis=-1)[..., : shape[-1]]
            parts.append(part)
        zero_points = parts[1] if len(parts) > 1 else 0
        return parts[0] * (self.tensor(name).astype("f8") - zero_points)

    def graph(self):
        """[(path, text)], the main graph first."""
        return [(name, self._bytes(p).decode("utf-8")) for kind, name, p in self._attachments if kind == 2]

    def tokenizer(self):
        found = [p for kind, _, p in self._attachments if kind == 1]
        if not found:
            return None
        s = _Body(self._bytes(found[0]))
        out = {"kind": s.number("I")}
        s.zeros(4)
        count, total = s.number("Q"), s.number("Q")
        begin = s.at
        lengths = numpy.frombuffer(s.take(count * 4), "<u4").tolist()
        s.pad(begin)
        if sum(lengths) != total:
            refuse("P0025", "the lengths of the vocabulary")
        begin = s.at
        out["vocabulary"] = [bytes(s.take(length)) for length in lengths]
        s.pad(begin)
        out["scores"], out["types"] = s.array("<f4"), s.array("u1")
        out["merges"] = s.many(lambda: (s.number("I"), s.number("I")))
        out["added"] = s.many(lambda: (s.number("I"), s.number("I"), s.string()))
        for part in ("model_options", "normalizer", "pre_tokenizer", "post_processor", "decoder", "chat_template"):
            out[part] = s.string()
        s.end()
        return out
