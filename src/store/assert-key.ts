/** File systems take names of 255 bytes, which fits a repository name of one segment. S3 takes keys of 1024 bytes. */
const SEGMENT = /^[A-Za-z0-9._:@+=-]{1,255}$/
const PARTIAL = /^[A-Za-z0-9._:@+=-]{0,255}$/

export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
}

/** Whether a store accepts `key`, by the rule of ObjectStore. */
export function isKey(key: string): boolean {
  return key.length <= 1024 && key.split('/').every(isSegment)
}

/** Throws `InvalidKeyError` unless a store accepts `key`. */
export function assertKey(key: string): void {
  if (!isKey(key)) throw new InvalidKeyError(`not a key of an object store: ${JSON.stringify(key)}`)
}

/** Throws `InvalidKeyError` unless a key can begin with `prefix`. */
export function assertPrefix(prefix: string): void {
  const [partial = '', ...folders] = prefix.split('/').reverse()
  if (prefix.length > 1024 || !folders.every(isSegment) || !PARTIAL.test(partial))
    throw new InvalidKeyError(`no key of an object store begins with ${JSON.stringify(prefix)}`)
}

/** Throws `InvalidKeyError` unless `path` is '', or ends in '/' and is a folder that can hold a key. */
export function assertFolder(path: string): void {
  assertPrefix(path)
  if (path !== '' && !path.endsWith('/'))
    throw new InvalidKeyError(`not a folder of an object store: ${JSON.stringify(path)}`)
}

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== '.' && segment !== '..'
}
