import type { BlobTrash } from '../space/blob-trash.ts'
import { surveySettled } from '../space/settle.ts'
import type { Candidate, Survey } from '../space/survey.ts'
import { chooseBlobs, type Spared } from './choose.ts'
import type { BarrierSettings } from './settings.ts'
import type { Told } from './steps.ts'

/** What may be taken from a registry. */
export interface Garbage {
  /** When the first and the second survey began. epoch ms */
  firstAt: number
  secondAt: number
  /** What was chosen: bytes by digest. */
  chosen: ReadonlyMap<string, number>
  spared: Spared
}

/** Finds what a collection may take, by two surveys and by what else names blobs, while the registry runs. */
export async function findGarbage(deps: {
  trash: Pick<BlobTrash, 'list' | 'putBack'>
  survey: () => Promise<Survey>
  /** Which of them something else names: an image of the index, or one that can be brought back. */
  named: (candidates: readonly Candidate[]) => Promise<ReadonlySet<string>>
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
  return {
    ...{ firstAt, secondAt, spared },
    chosen: new Map(chosen.map(({ digest, size }) => [digest, size])),
  }
}
