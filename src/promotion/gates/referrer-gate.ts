import { makeWildcard } from '../../platform/wildcard.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { Gate } from './gate.ts'
import { readReferrers } from './read-referrers.ts'

/** Opens when an artifact of the type, which is a wildcard, refers to the image. */
export function makeReferrerGate(
  { artifactType }: { artifactType: string },
  deps: { clientOf: (registry: string) => RegistryClient },
): Gate {
  const name = `referrer ${artifactType}`
  const isWanted = makeWildcard(artifactType)
  return {
    name,
    async check({ registry, repository, digest }) {
      const client = deps.clientOf(registry)
      let isWhole = true
      for await (const referrer of readReferrers(client, repository, digest, isWanted)) {
        if ('problem' in referrer) isWhole = false
        else if (referrer.manifest.subject?.digest === digest && isWanted(referrer.artifactType)) {
          const { artifactType } = referrer
          return {
            ...{ gate: name, state: 'open', why: `${referrer.digest} refers to it` },
            evidence: { digest: referrer.digest, artifactType },
          }
        }
      }
      const rest = isWhole ? '' : '; not all its referrers could be read'
      return { gate: name, state: 'waiting', why: `no ${artifactType} refers to it${rest}` }
    },
  }
}
