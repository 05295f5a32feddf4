import { isObject } from '../../registry/descriptor.ts'
import { parseJson } from '../../registry/json.ts'
import { type Checked, NOT_ALLOWED } from './check-bundle.ts'
import type { Signer } from './signers.ts'

const TYPE = 'cosign container image signature'

/**
 * Checks a signature of the older form (cosign, specs/SIGNATURE_SPEC.md): bytes that name the digest of an image, and their
 * signature in base64. The `docker-reference` in them may be any: the image may be a copy.
 */
export function checkSimpleSigning(
  { payload, signature }: { payload: Buffer; signature: string },
  digest: string,
  signers: readonly Signer[],
): Checked {
  const body = parseJson(payload)
  const critical = isObject(body) && isObject(body.critical) ? body.critical : {}
  const image = isObject(critical.image) ? critical.image : {}
  if (critical.type !== TYPE) return { problem: 'it is not a signature of an image' }
  if (image['docker-manifest-digest'] !== digest) return { problem: 'it is of another image' }
  for (const signer of signers) {
    const signedBy = signer.verifyBytes?.(payload, Buffer.from(signature, 'base64'))
    if (signedBy !== undefined) return { signedBy }
  }
  return { problem: NOT_ALLOWED }
}
