import type { CollectionRun } from './collection-run.ts'
import type { Context } from './collector.ts'
import type { Hold } from './hold.ts'
import { HookFailed } from './hooks/hook.ts'
import type { Writability } from './writability.ts'

/**
 * The hooks of a registry whose own were taken out of the configuration while a collection held it: a person must let writes in, and it
 * is only looked whether that is done.
 */
export const handHooks = (registry: string, look: () => Promise<Writability>) => ({
  async readOnlyOn(): Promise<string> {
    throw new HookFailed(`registries.${registry}.gc.hooks are not configured any more`)
  },
  async readOnlyOff(): Promise<string> {
    const found = await look()
    if (found.kind === 'writable') return 'it was made writable by hand'
    const why = 'why' in found ? `; whether it takes writes is not known: ${found.why}` : ''
    throw new HookFailed(
      `its hooks are not configured any more${why}. Make it writable by hand, or configure registries.${registry}.gc.hooks again`,
    )
  },
})

/** Ends a run that holds its registry, and that nothing in the configuration can end. @throws HoldRemains, LeaseLost */
export async function releaseByHand(
  run: CollectionRun,
  { hold, save, now }: { hold: Pick<Hold, 'off'>; save: Context['save']; now: () => number },
): Promise<CollectionRun> {
  const begun = now()
  const output = await hold.off()
  run.phases.push({
    ...{ phase: 'readOnlyOff', at: new Date(begun).toISOString(), tookMs: Math.max(0, now() - begun) },
    output,
  })
  return endWithout(run, { save, now })
}

/** Ends a run that holds nothing, and that nothing in the configuration can go on with. */
export async function endWithout(
  run: CollectionRun,
  { save, now }: { save: Context['save']; now: () => number },
): Promise<CollectionRun> {
  if (run.phase === 'ended') return run
  Object.assign(run, {
    ...{ phase: 'ended', isHeld: false, outcome: run.outcome ?? 'failed' },
    error: run.error ?? `what a collection in the mode ${run.mode} needs is not configured any more`,
    endedAt: new Date(now()).toISOString(),
  })
  await save(run)
  return run
}
