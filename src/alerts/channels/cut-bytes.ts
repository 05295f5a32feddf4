const ELLIPSIS = '…'

/** The beginning of a text that takes at most `most` bytes in UTF-8. What is cut ends with `…`; no character is cut in two. */
export function cutBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  let [cut, left] = ['', most - Buffer.byteLength(ELLIPSIS)]
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= Buffer.byteLength(segment)
    if (left < 0) break
    cut += segment
  }
  return cut + ELLIPSIS
}
