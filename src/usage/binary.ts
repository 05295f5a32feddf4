export type Reader = ReturnType<typeof makeReader>

/** Reads big-endian unsigned integers and bytes, one after the other. */
export function makeReader(record: Buffer) {
  let pos = 0
  const uint = (length: number) => {
    pos += length
    return record.readUIntBE(pos - length, length)
  }
  return {
    uint,
    /** An integer of seven bytes, below 2^53. `readUIntBE` reads at most six. */
    uint7: () => uint(1) * 2 ** 48 + uint(6),
    bytes(length: number) {
      pos += length
      return record.subarray(pos - length, pos)
    },
    rest: () => record.subarray(pos),
    isAtEnd: () => pos >= record.length,
  }
}

/** Appends big-endian integers, texts and bytes to a buffer that grows. */
export function makeWriter(initialBytes = 4096) {
  let buffer = Buffer.allocUnsafe(initialBytes)
  let end = 0
  const reserve = (length: number) => {
    if (end + length <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + length))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }
  const uint = (value: number, length: number) => {
    reserve(length)
    end = buffer.writeUIntBE(value, end, length)
  }
  return {
    uint,
    /** An integer of seven bytes, below 2^53. */
    uint7(value: number) {
      uint(Math.floor(value / 2 ** 48), 1)
      uint(value % 2 ** 48, 6)
    },
    /** The characters alone, without a length. */
    ascii(value: string) {
      reserve(value.length)
      end += buffer.write(value, end, 'latin1')
    },
    /** The length, in `lengthBytes` bytes, then the UTF-8. */
    text(value: string, lengthBytes: 1 | 2) {
      const length = Buffer.byteLength(value)
      uint(length, lengthBytes)
      reserve(length)
      end += buffer.write(value, end)
    },
    /** The bytes of a hexadecimal text, without a length. */
    hex(value: string) {
      reserve(value.length / 2)
      end += buffer.write(value, end, 'hex')
    },
    /** The bytes alone, without a length. */
    bytes(value: Buffer) {
      reserve(value.length)
      end += value.copy(buffer, end)
    },
    written: () => buffer.subarray(0, end),
  }
}
