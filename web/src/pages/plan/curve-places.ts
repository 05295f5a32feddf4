/** Where the points of a curve are, in hundredths of its width and height, from the upper left. All of them have the same distance. */
export function placesOf(bytes: readonly number[]): { x: number; y: number }[] {
  const most = Math.max(0, ...bytes)
  return bytes.map((value, n) => ({
    x: bytes.length < 2 ? 50 : (100 * n) / (bytes.length - 1),
    y: most === 0 ? 100 : 100 - (100 * value) / most,
  }))
}
