import type { CollectionRun } from './collection-run.ts'

const NOTE = /^attempt \d+ failed: /

/** What the record of a collection says while writes cannot be let in again. */
export const stuckNote = (why: string, attempts: number): string => `attempt ${attempts} failed: ${why}`

/** Why the last attempt failed to let writes in again; `undefined` if none did, or one has succeeded since. */
export function stuckWhy({ phases }: Pick<CollectionRun, 'phases'>): string | undefined {
  const note = phases.at(-1)?.note
  return note !== undefined && NOTE.test(note) ? note : undefined
}
