import type { StandingFact } from '../usage/fact.ts'

/**
 * Leaves out facts that change no image any more: pulls of an image by the same tag that are not the last one, and tell no
 * references. Nine of ten events are pulls. The model of the rest has the same images (`test/replay/compact-facts.test.ts`).
 */
export function compactFacts(facts: readonly StandingFact[]): StandingFact[] {
  const last = new Map<string, number>()
  for (const fact of facts)
    if (isPlainPull(fact)) last.set(keyOf(fact), Math.max(fact.at, last.get(keyOf(fact)) ?? 0))
  const told = new Set<string>()
  return facts.filter((fact) => {
    if (!isPlainPull(fact)) return true
    const key = keyOf(fact)
    if (fact.at !== last.get(key) || told.has(key)) return false
    told.add(key)
    return true
  })
}

type Present = Extract<StandingFact, { kind: 'present' }>

const isPlainPull = (fact: StandingFact): fact is Present =>
  fact.kind === 'present' && fact.via === 'pull' && fact.references === undefined

/** Pulls that tell another size are others. */
const keyOf = ({ repository, digest, tag = '', size, mediaType, actor = '' }: Present): string =>
  `${repository}@${digest}:${tag} ${size} ${mediaType} ${actor}`
