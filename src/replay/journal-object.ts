/** `journal/2026-11-27/1795449746518-0.ndjson.zst`, by the first record: stores list the oldest first. */
export const JOURNAL = 'journal/'

const KEY = /^journal\/\d{4}-\d\d-\d\d\/(\d{13})-\d+\.ndjson\.zst$/

/** The key of the object that begins with a record of the stream, by the id that Redis gave it: `<epoch ms>-<n>`. */
export function journalKeyOf(id: string): string {
  const [ms = '', n = ''] = id.split('-')
  const day = new Date(Number(ms)).toISOString().slice(0, 10)
  return `${JOURNAL}${day}/${ms.padStart(13, '0')}-${n}.ndjson.zst`
}

/** When the first entry of an object was heard, epoch ms; undefined for any other key. */
export function heardFrom(key: string): number | undefined {
  const [, ms] = KEY.exec(key) ?? []
  return ms === undefined ? undefined : Number(ms)
}
