import { isObject } from './descriptor.ts'
import { parseJson } from './json.ts'
import { isSchema1Type } from './manifest.ts'

/**
 * The bytes that a manifest's digest covers. These are all bytes, except for a signed schema-1 manifest: there they are
 * the text without its signatures (distribution docs, manifest-v2-1.md, "Signed manifests"). A damaged manifest is
 * returned as it is, so that it does not hash to its digest.
 */
export function digestedBytes(bytes: Buffer, mediaType: string): Buffer {
  if (!isSchema1Type(mediaType)) return bytes
  try {
    const manifest = parseJson(bytes)
    const signatures = isObject(manifest) && Array.isArray(manifest.signatures) ? manifest.signatures : []
    const header = parseJson(Buffer.from(signatures[0].protected, 'base64url'))
    if (!isObject(header) || typeof header.formatLength !== 'number' || typeof header.formatTail !== 'string')
      return bytes
    return Buffer.concat([
      bytes.subarray(0, header.formatLength),
      Buffer.from(header.formatTail, 'base64url'),
    ])
  } catch {
    return bytes
  }
}
