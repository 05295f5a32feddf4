import type { AddCommand } from '../cli.ts'
import { addGroup } from '../group.ts'
import { addExpiryDiff } from './expiry-diff.ts'
import { addExpiryPlan } from './expiry-plan.ts'
import { addExpiryPolicies } from './expiry-policies.ts'
import { addStop } from './expiry-stop.ts'
import { addExpiryTry } from './expiry-try.ts'
import { addKeeps } from './keeps.ts'

export const addExpiry: AddCommand = (program, cli) => {
  const group = addGroup(program, 'expiry').description(
    'Plan what policies expire, keep images, and stop runs.',
  )
  addExpiryPolicies(group, cli)
  addExpiryPlan(group, cli)
  addExpiryDiff(group, cli)
  addStop(group, cli)
  addKeeps(group, cli)
  addExpiryTry(group, cli)
}
