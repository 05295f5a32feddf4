/** A snapshot that cannot, or must not, be written or restored. Trying again does not help. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
}
