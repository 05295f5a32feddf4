import { printable } from '../../platform/printable.ts'
import { makeWildcard } from '../../platform/wildcard.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { Gate, GateResult } from './gate.ts'
import { readImages, readLabels, readManifest } from './read-images.ts'

type Texts = Readonly<Record<string, string>>

interface Deps {
  clientOf: (registry: string) => RegistryClient
}

/** Opens if every image has labels whose values match these wildcards: of an index, every image in it. */
export function makeLabelGate({ labels }: { labels: Texts }, { clientOf }: Deps): Gate {
  const name = `label ${shown(labels)}`
  const problemWith = makeProblemWith('label', labels)
  return {
    name,
    async check({ registry, repository, digest }): Promise<GateResult> {
      const client = clientOf(registry)
      let images = 0
      for await (const image of readImages(client, repository, digest)) {
        if ('problem' in image) return waiting(name, image.problem)
        const found = await readLabels(client, repository, image.manifest)
        if (typeof found === 'string') return waiting(name, `${image.digest}: ${found}`)
        const problem = problemWith(found)
        if (problem !== undefined) return { gate: name, state: 'closed', why: `${image.digest} ${problem}` }
        images += 1
      }
      if (images === 0) return { gate: name, state: 'closed', why: 'it has no image, so no labels' }
      const why = images === 1 ? 'it has them' : `all its ${images} images have them`
      return { gate: name, state: 'open', why, evidence: { labels, images } }
    },
  }
}

/** Opens if the manifest has annotations whose values match these wildcards: of an index, the index itself. */
export function makeAnnotationGate({ annotations }: { annotations: Texts }, { clientOf }: Deps): Gate {
  const name = `annotation ${shown(annotations)}`
  const problemWith = makeProblemWith('annotation', annotations)
  return {
    name,
    async check({ registry, repository, digest }): Promise<GateResult> {
      const read = await readManifest(clientOf(registry), repository, digest)
      if ('problem' in read) return waiting(name, read.problem)
      const problem = problemWith(read.manifest.annotations ?? {})
      return problem === undefined
        ? { gate: name, state: 'open', why: 'it has them', evidence: { annotations } }
        : { gate: name, state: 'closed', why: `it ${problem}` }
    },
  }
}

const waiting = (gate: string, why: string): GateResult => ({ gate, state: 'waiting', why })

const shown = (texts: Texts): string =>
  Object.entries(texts)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')

/** Makes a function that tells which of the wanted texts are missing, or are others. */
function makeProblemWith(what: 'label' | 'annotation', wanted: Texts) {
  const matches = Object.entries(wanted).map(([key, pattern]) => ({ key, matches: makeWildcard(pattern) }))
  return (texts: Texts): string | undefined => {
    const wrong = matches.find(
      ({ key, matches }) => !(Object.hasOwn(texts, key) && matches(texts[key] ?? '')),
    )
    if (wrong === undefined) return undefined
    const value = Object.hasOwn(texts, wrong.key) ? (texts[wrong.key] ?? '') : undefined
    return value === undefined
      ? `has no ${what} ${wrong.key}`
      : `has the ${what} ${wrong.key}=${printable(value.slice(0, 100))}`
  }
}
