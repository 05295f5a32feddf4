import type { LostData } from '../snapshot/lost-data.ts'
import type { Check, Found } from './finding.ts'

/** Looks whether Redis or the store was lost, or is another one than before. */
export const checkData = (deps: {
  lostData: () => Promise<LostData | undefined>
  /** Why nothing may be deleted by what the store has. */
  storeDoubt: () => Promise<string | undefined>
}): Check => ({
  name: 'data',
  async run() {
    const [lost, doubt] = await Promise.all([deps.lostData(), deps.storeDoubt()])
    const found: Found[] = []
    if (lost !== undefined) found.push({ level: 'warning', ...lost })
    if (doubt !== undefined)
      found.push({
        ...{ level: 'error', what: doubt, why: 'until then nothing is deleted' },
        fix: 'tallyman store show; docs/operations.md, "A store that was lost"',
      })
    return found
  },
})
