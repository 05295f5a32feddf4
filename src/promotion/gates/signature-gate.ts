import { printable } from '../../platform/printable.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { type Checked, checkBundle, SIGN_PREDICATE, type SignedImage } from './check-bundle.ts'
import { checkSimpleSigning } from './check-simple-signing.ts'
import { type Found, findBundles, findSimpleSignatures } from './find-signatures.ts'
import type { Gate, GateResult, SignatureConfig } from './gate.ts'
import { readContent } from './read-content.ts'
import { makeKeylessSigner, makeKeySigner, type SignedBy } from './signers.ts'

/**
 * Opens when an allowed key or identity has signed the digest of the image. For an index that is the index itself. Looks for
 * sigstore bundles that refer to it, and for signatures of the older form if a key is allowed. It never closes: somebody may
 * sign later.
 */
export function makeSignatureGate(
  config: SignatureConfig,
  deps: { clientOf: (registry: string) => RegistryClient },
): Gate {
  const { keys, keyless, predicateType } = config
  const name = nameOf(config)
  const signers = [...keys.map(makeKeySigner), ...(keyless ? [makeKeylessSigner(keyless)] : [])]
  const takesSimple = keys.length > 0 && predicateType === SIGN_PREDICATE

  async function* find(client: RegistryClient, repository: string, digest: string): AsyncGenerator<Found> {
    yield* findBundles(client, repository, digest)
    if (takesSimple) yield* findSimpleSignatures(client, repository, digest)
  }

  function check(found: Found, image: SignedImage): Checked {
    if ('problem' in found) return found
    const { content: payload } = found
    if (found.form === 'bundle') return checkBundle(payload, image, signers)
    return checkSimpleSigning({ payload, signature: found.signature }, image.digest, signers)
  }

  function open(found: Found, signedBy: SignedBy): GateResult {
    const where = 'problem' in found ? {} : { form: found.form, manifest: found.manifest, blob: found.blob }
    return {
      ...{ gate: name, state: 'open', why: printable(`signed by ${Object.values(signedBy).join(' ')}`) },
      evidence: { ...where, predicateType, signedBy },
    }
  }

  return {
    name,
    async check({ registry, repository, digest }): Promise<GateResult> {
      const client = deps.clientOf(registry)
      const waiting = (why: string): GateResult => ({ gate: name, state: 'waiting', why })
      const read = await readContent(() => client.getManifest(repository, digest))
      if ('problem' in read) return waiting(`the image cannot be read: ${read.problem}`)
      const image = { digest, predicateType, manifest: read.content.bytes }
      const problems: string[] = []
      for await (const found of find(client, repository, digest)) {
        const checked = check(found, image)
        if ('signedBy' in checked) return open(found, checked.signedBy)
        problems.push(checked.problem)
      }
      return waiting(problems.length === 0 ? 'nobody has signed it' : summaryOf(problems))
    },
  }
}

function nameOf({ keys, keyless, predicateType }: SignatureConfig): string {
  const people = (keyless?.identities ?? []).map(({ subject }) =>
    'exact' in subject ? subject.exact : subject.pattern,
  )
  const by = [...keys.map((key) => key.name), ...people].join(' or ')
  return predicateType === SIGN_PREDICATE ? `signature by ${by}` : `attestation ${predicateType} by ${by}`
}

/** The most frequent reasons, with how often each was found. */
function summaryOf(problems: readonly string[]): string {
  const counts = [...Map.groupBy(problems, (problem) => problem)].map(
    ([problem, same]) => [problem, same.length] as const,
  )
  const most = counts.toSorted(([, a], [, b]) => b - a).slice(0, 3)
  return `no signature counts: ${most.map(([problem, count]) => `${problem}${count > 1 ? ` (${count} times)` : ''}`).join('; ')}`
}
