import type { Candidate, Survey } from '../space/survey.ts'
import type { BlobTrash } from './blob-trash.ts'
import { chooseBlobs, type Spared } from './choose.ts'
import type { BarrierSettings } from './settings.ts'
import { surveySettled } from './settle.ts'
import type { Told } from './steps.ts'

/** What may be taken from a registry, and is copied to the trash already. */
export interface Garbage {
  /** When the first and the second survey began. epoch ms */
  firstAt: number
  secondAt: number
  /** What was chosen: bytes by digest. */
  chosen: ReadonlyMap<string, number>
  /** Those of them of which the trash has a whole copy. */
  copied: readonly string[]
  spared: Spared
}

/** Finds what a collection may take, by two surveys and the index, while the registry runs; and copies it to the trash. */
export async function findGarbage(deps: {
  trash: BlobTrash
  survey: () => Promise<Survey>
  /** Which of them an image of the index names. */
  named: (candidates: readonly Candidate[]) => Promise<ReadonlySet<string>>
  run: string
  settings: Pick<BarrierSettings, 'minAgeMs' | 'clocksMs'>
  now: () => number
  at: Told
}): Promise<Garbage> {
  const { trash, settings, now, at } = deps
  await at('first-survey')
  const firstAt = now()
  const { survey: first } = await surveySettled(trash, deps.survey)
  await at('second-survey')
  const secondAt = now()
  const second = await deps.survey()
  await at('choose')
  const named = await deps.named(second.candidates)
  const { chosen, spared } = chooseBlobs(first, second, {
    before: firstAt - settings.minAgeMs - settings.clocksMs,
    isNamed: (digest) => named.has(digest),
  })
  await at('copy')
  const copied = await Array.fromAsync(trash.copyIn(deps.run, chosen))
  return {
    ...{ firstAt, secondAt, copied, spared },
    chosen: new Map(chosen.map(({ digest, size }) => [digest, size])),
  }
}
