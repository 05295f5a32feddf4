/**
 * Takes out of an event that was just parsed what must not be kept, and what nobody needs. GitLab's registry sends the
 * caller's JWT in `actor.user`. What a pull lists in `references` the index knows from the push, or else has it looked up:
 * of ten events nine are pulls, two thirds of each is that list, and it would wait in Redis and be parsed again. In place,
 * and by `undefined`, which JSON leaves out: a copy took twice as long, and longer to write than the original.
 */
export function trim(event: unknown): void {
  if (!isObject(event)) return
  const { actor, target } = event
  if (isObject(actor) && 'user' in actor) actor.user = undefined
  if (event.action === 'pull' && isObject(target) && 'references' in target) target.references = undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
