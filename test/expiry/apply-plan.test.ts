import { expect, test } from 'vitest'
import { DAY } from '../../lab/images.ts'
import { collectPlan } from '../../src/expiry/shown-plan.ts'
import { makeShownPlans } from '../../src/expiry/shown-plans.ts'
import { image, NOW, pullOf, taggedAs, useExpiry } from './expire-bed.ts'

/** A run with the id of a plan deletes only what that plan deletes. */
const bed = useExpiry()

/** Looks at the plan of now, as of a time before the pulls of these tests. */
async function show({ store, planner, policy }: ReturnType<typeof bed.setUp>, asOf = NOW - 600_000_000) {
  const named = policy()
  const plan = collectPlan('branches', [named], asOf)
  for await (const decisions of planner.planProject(named, bed.project)) decisions.forEach(plan.note)
  const shown = plan.end()
  await makeShownPlans({ store, now: () => NOW }).put(shown)
  return shown.id
}

test('what goes since, too, stays; so does what was used since', async () => {
  const setup = bed.setUp()
  const [shown, pulled, tagged, late] = [image('a'), image('b'), image('c'), image('d')]
  await setup.push('pr-a', shown, bed.repository)
  await setup.push('pr-b', pulled, bed.repository)
  await setup.push('pr-c', tagged, bed.repository)
  const plan = await show(setup)
  await setup.push('pr-d', late, bed.repository)
  await setup.index.apply(bed.project, [
    pullOf(pulled, bed.repository),
    taggedAs('pr-new', tagged, bed.repository),
  ])
  const record = await setup.run('branches', false, undefined, { plan })
  expect(record).toMatchObject({ state: 'done', kept: 3, plan: { id: plan, images: 3, tags: 0 } })
  expect(bed.deletes).toEqual([shown.root.digest])
  // Without the plan, the rest goes: the rule is about the age alone.
  await setup.run('branches', false)
  expect(bed.deletes).toHaveLength(4)
})

test('a dry run with a plan records what a run with it would delete', async () => {
  const setup = bed.setUp()
  await setup.push('pr-a', image('a'), bed.repository)
  const plan = await show(setup)
  await setup.push('pr-b', image('b'), bed.repository)
  const record = await setup.run('branches', true, undefined, { plan })
  expect(record.deletes.map(({ tags }) => tags)).toEqual([['pr-a']])
  expect(record.progress.planned).toBe(1)
})

test.each<[string, () => Parameters<typeof bed.setUp>[0], (plan: string) => string, RegExp]>([
  ['is not known', () => ({}), () => 'f'.repeat(24), /is not known any more/],
  ['is a day old', () => ({ now: () => NOW + 2 * DAY }), (plan) => plan, /is not known any more/],
  ['is of other rules', () => ({ changed: () => ({ rules: [] }) }), (plan) => plan, /its policy was changed/],
])('a run deletes nothing if its plan %s', async (_, options, idOf, why) => {
  const first = bed.setUp()
  await first.push('pr-a', image('a'), bed.repository)
  const plan = idOf(await show(first))
  const record = await bed.setUp(options()).run('branches', false, undefined, { plan })
  expect(record).toMatchObject({ state: 'stopped', stopped: expect.stringMatching(why), deletes: [] })
  expect(bed.deletes).toEqual([])
})
