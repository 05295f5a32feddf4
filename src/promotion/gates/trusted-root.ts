import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial } from '@sigstore/verify'

const EXPECTED =
  'expected the trusted root of a sigstore as JSON, with certificateAuthorities, and with tlogs or timestampAuthorities'

/**
 * Reads a trusted root (sigstore, protos/sigstore_trustroot.proto): whose certificates, logs and times are believed.
 * @throws RangeError that says what was expected
 */
export function parseTrustedRoot(json: string): TrustedRoot {
  const root = read(json)
  const { certificateAuthorities = [], tlogs = [], timestampAuthorities = [] } = root ?? {}
  if (root === undefined || certificateAuthorities.length === 0) throw new RangeError(EXPECTED)
  // Certificates are valid for minutes, so something must tell when a signature was made.
  if (tlogs.length + timestampAuthorities.length === 0) throw new RangeError(EXPECTED)
  return root
}

function read(json: string): TrustedRoot | undefined {
  try {
    const root = TrustedRoot.fromJSON(JSON.parse(json))
    toTrustMaterial(root) // Reads its certificates and keys.
    return root
  } catch {
    return undefined
  }
}
