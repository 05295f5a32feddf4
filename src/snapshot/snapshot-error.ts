/** A snapshot that cannot be what was asked for, or must not be; trying again does not help. The message says which. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
}
