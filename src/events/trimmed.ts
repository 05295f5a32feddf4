/**
 * An event without what must not be kept, and without what nobody needs. GitLab's registry sends the caller's JWT in
 * `actor.user`. What a pull lists in `references` the index knows from the push, or else has it looked up: of ten
 * events nine are pulls, two thirds of each is that list, and it would wait in Redis and be parsed again.
 */
export function trimmed(event: unknown): unknown {
  if (!isObject(event)) return event
  const { actor, target } = event
  const hasJwt = isObject(actor) && 'user' in actor
  const hasList = event.action === 'pull' && isObject(target) && 'references' in target
  if (!hasJwt && !hasList) return event
  return {
    ...event,
    ...(hasJwt && { actor: without(actor, 'user') }),
    ...(hasList && { target: without(target, 'references') }),
  }
}

function without(from: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _, ...rest } = from
  return rest
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
