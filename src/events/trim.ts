/**
 * Removes from a parsed event, in place, what must not be kept and what nobody needs. GitLab's registry sends the caller's
 * JWT in `actor.user`. A pull lists `references`, which the index knows from the push or looks up; of ten events nine are
 * pulls, and that list is two thirds of each. Fields are set to `undefined`, which JSON leaves out.
 */
export function trim(event: unknown): void {
  if (!isObject(event)) return
  const { actor, target } = event
  if (isObject(actor) && 'user' in actor) actor.user = undefined
  if (event.action === 'pull' && isObject(target) && 'references' in target) target.references = undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
