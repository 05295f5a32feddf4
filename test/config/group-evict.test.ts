import { expect, test } from 'vitest'
import { minimal, problemsOf } from './write-config.ts'

test.each(["group: a, projects: ['**']", 'registry: ci'])(
  'a quota for several projects (%s) evicts nothing, and the error says why',
  async (of) => {
    const quota = (escalate: string) =>
      problemsOf(`${minimal}quotas: [{ ${of}, limit: 1, escalate: { after: 7d, ${escalate} } }]`)
    const why =
      'quotas.0.escalate.evict: only the quota of a project evicts: a quota for several does not say which of them loses images; give the projects quotas of their own'
    expect(await quota('evict: true')).toEqual([
      expect.stringContaining(why),
      expect.stringContaining('quotas.0.escalate: expected channels'),
    ])
    expect(await quota('evict: false')).toContainEqual(expect.stringContaining(why))
    expect(await quota('evikt: true')).toContainEqual(
      expect.stringContaining('quotas.0.escalate.evikt: unknown key; expected one of after, channels'),
    )
  },
)
