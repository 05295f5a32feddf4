import { expect, test } from 'vitest'
import { makeUseOf } from '../../src/compose/use-of.ts'
import type { Config } from '../../src/config/schema.ts'
import type { PullsHeard } from '../../src/events/pulls-heard.ts'

const SILENT: PullsHeard = { areHeard: false, reason: 'pulls are not heard' }
const HEARD: PullsHeard = { areHeard: true, since: 7, reason: 'pulls are heard' }

/** What is known of the use of `ci`, with these settings. */
const useOf = (pulls: string, inUse: object[], heard: PullsHeard) =>
  makeUseOf({
    config: () => ({ registries: { ci: { pulls } }, expiry: { inUse } }) as unknown as Config,
    pulls: { of: async () => heard },
  })('ci')

test('use is complete if the registry says so or a source tells what runs there, and only the latter lists it', async () => {
  expect(await useOf('partial', [], HEARD)).toEqual({ isComplete: false, isListed: false, since: 7 })
  expect(await useOf('complete', [], HEARD)).toEqual({ isComplete: true, isListed: false, since: 7 })
  expect(await useOf('partial', [{ name: 'cluster' }], HEARD)).toMatchObject({
    isComplete: true,
    isListed: true,
  })
  expect(await useOf('partial', [{ registries: ['hub'] }], HEARD)).toMatchObject({ isListed: false })
  expect(await useOf('complete', [], SILENT)).toEqual({
    ...{ isComplete: true, isListed: false, since: 0, unheard: 'pulls are not heard' },
  })
})
