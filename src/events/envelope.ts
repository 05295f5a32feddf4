import { isNestedDeeper } from '../platform/nesting.ts'

/**
 * The deepest nesting that is read. A notification has five levels, and `JSON.stringify` fails on some 3,000. Texts of up
 * to twice as many characters cannot be deeper and are not looked at.
 */
const LEVELS = 1_500

/** The body of a request is no notification. The message says why, as a sentence. */
export class NotAnEnvelope extends Error {}

/** The events in a notification's envelope, not yet validated. @throws NotAnEnvelope */
export function readEnvelope(text: string): unknown[] {
  if (isNestedDeeper(text, LEVELS))
    throw new NotAnEnvelope(`the body is nested more than ${LEVELS} levels deep, as no notification is`)
  const body = parseJson(text)
  if (typeof body === 'object' && body !== null && 'events' in body && Array.isArray(body.events))
    return body.events
  throw new NotAnEnvelope('the body is no notification envelope: expected an object with an array "events"')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotAnEnvelope('the body is not JSON: expected a notification envelope, {"events": […]}')
  }
}
